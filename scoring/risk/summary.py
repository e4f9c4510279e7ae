"""The score summary: all that a member says about one of its records in a confirmed cluster.

Layer: scoring. Pure. A summary answers the threat that the coordinator, or a member that reads its own
results, learns single events: counts and harm are decayed and quantised, ages and victims are buckets,
and a single high-harm event shows only as "at least 1000", because its exact harm names the offence.
Source: DOMAIN 2.2 (re-dating), 2.3(5) (quantisation) and the canonical schema ``score_summary``. The
bounds: n to 0.25 moves the score by at most 0.9, g to quarter-decades by at most 1.5.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crypto.errors import InputError
from scoring.risk.areas import AgencyType, OrderType, ThreatArea, pack_bits, parse_bits
from scoring.risk.buckets import (
    AgeBucket,
    EventsBucket,
    VictimsBucket,
    bucket_events,
    bucket_victims,
    find_age_bucket,
)
from scoring.risk.event import Event
from scoring.risk.fields import (
    check_fields,
    find_name,
    read_date,
    read_flag,
    read_integer,
    read_name,
    read_text,
)
from scoring.risk.gravity import GravityTable
from scoring.risk.incidents import Incident, find_incidents
from scoring.risk.rfgv import (
    COUNT_HALF_LIFE_DAYS,
    HARM_CEILING,
    HARM_HALF_LIFE_DAYS,
    Totals,
    decay_factor,
    sum_incidents,
)

COUNT_STEPS_PER_EVENT = 4
HARM_STEPS_PER_DECADE = 4
CAPPED_HARM_STEP = 12  # 10**3 - 1: the greatest step that a count of at most one event may show
CAPPED_COUNT_STEPS = COUNT_STEPS_PER_EVENT  # one event
MAX_COUNT_STEPS = 40_000  # ten thousand events of one person: beyond any record, so a fault
MAX_HARM_STEP = 40  # 10**10 days: beyond ten thousand homicides
MAX_AGE_DAYS = 62  # of the as-of month: a summary is made and used within one round
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What a summary carries beside the events.

    Args:
        agency_type: Kind of the member's agency.
        orders: Types of order active on the person.
        juvenile: Whether the person is under 18; routing only.
    """

    agency_type: AgencyType
    orders: frozenset[OrderType] = frozenset()
    juvenile: bool = False


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """Quantised totals as of the first of a month, with buckets, bits and the weights' version.

    Args:
        as_of_month: First of a month (UTC): the day that ``count_steps`` and ``harm_step`` refer to.
        agency_type: Kind of agency, for breadth.
        recency: Age of the most recent crime or non-crime on the day of release; None without one.
        oldest: Age of the oldest that counts; None exactly when ``recency`` is.
        count_steps: n in quarters of an event.
        harm_step: g as k of 10^(k/4) - 1.
        harm_capped: g is at least 1000 and its step withheld, because n is at most one event.
        victims: Distinct victims.
        events: Crimes and non-crimes that count.
        areas: Threat areas of what counts.
        orders: Active orders.
        juvenile: Under 18.
        rule_override: A first high-harm event (X4).
        placeholder_weights: Whether a placeholder weight acted.
        weights_version: Version of the gravity table.

    Raises:
        InputError: The fields contradict each other or would reveal what the cap withholds.
    """

    as_of_month: date
    agency_type: AgencyType
    recency: AgeBucket | None
    oldest: AgeBucket | None
    count_steps: int
    harm_step: int
    harm_capped: bool
    victims: VictimsBucket
    events: EventsBucket
    areas: frozenset[ThreatArea]
    orders: frozenset[OrderType]
    juvenile: bool
    rule_override: bool
    placeholder_weights: bool
    weights_version: str

    def __post_init__(self) -> None:
        if self.as_of_month.day != 1:
            raise InputError("as_of_month: expected the first of a month, got another day")
        if not _DIGEST.fullmatch(self.weights_version):
            raise InputError("weights_version: expected 64 lower-case hex digits, got something else")
        if not (0 <= self.count_steps <= MAX_COUNT_STEPS and 0 <= self.harm_step <= MAX_HARM_STEP):
            raise InputError(
                f"expected count_steps from 0 to {MAX_COUNT_STEPS} and harm_step from 0 to {MAX_HARM_STEP}"
            )
        self._check_cap()
        self._check_ages()

    def _check_cap(self) -> None:
        if self.harm_capped and self.harm_step != CAPPED_HARM_STEP:
            raise InputError(f"harm_step: expected {CAPPED_HARM_STEP} with harm_capped, got another step")
        if self.harm_capped and self.count_steps > CAPPED_COUNT_STEPS:
            raise InputError("harm_capped: expected only with at most one event, got it with more")
        if self.count_steps <= CAPPED_COUNT_STEPS and self.harm_step > CAPPED_HARM_STEP:
            raise InputError(
                f"harm_step: expected at most {CAPPED_HARM_STEP} with at most one event; "
                "cap it, since more names the offence"
            )

    def _check_ages(self) -> None:
        ages = (self.recency is None, self.oldest is None, self.events is EventsBucket.NONE)
        if len(set(ages)) != 1:
            raise InputError("expected recency, oldest and events to be absent together or present together")
        if self.recency and self.oldest and self.recency.least_days > self.oldest.least_days:
            raise InputError("recency: expected an age not above oldest, got a greater one")

    def totals_on(self, today: date) -> tuple[Totals, Totals]:
        """Return the least and the greatest totals that the summary stands for, re-dated to a day.

        They differ only where harm is capped: from 1000 days of sentence to the ceiling of the scale.

        Raises:
            InputError: ``today`` is before the as-of month or more than two months after it.
        """
        days = (today - self.as_of_month).days
        if not 0 <= days <= MAX_AGE_DAYS:
            raise InputError(f"expected a summary of at most {MAX_AGE_DAYS} days since its as-of month")
        age_days = None if self.recency is None else self.recency.representative_days
        n = self.count_steps / COUNT_STEPS_PER_EVENT * decay_factor(days, half_life_days=COUNT_HALF_LIFE_DAYS)
        harm = 10 ** (self.harm_step / HARM_STEPS_PER_DECADE) - 1
        least = harm * decay_factor(days, half_life_days=HARM_HALF_LIFE_DAYS)
        greatest = HARM_CEILING if self.harm_capped else least
        return Totals(age_days, n, least, self.victims.least), Totals(
            age_days, n, greatest, self.victims.least
        )

    def to_body(self) -> dict[str, Any]:
        """Return the JSON body to sign; :func:`parse_summary` is its inverse."""
        return {
            "as_of_month": self.as_of_month.isoformat(),
            "agency_type": self.agency_type.value,
            "recency_bucket": None if self.recency is None else self.recency.value,
            "oldest_bucket": None if self.oldest is None else self.oldest.value,
            "count_steps": self.count_steps,
            "harm_step": self.harm_step,
            "harm_capped": self.harm_capped,
            "victims_bucket": self.victims.value,
            "events_bucket": self.events.value,
            "threat_bits": pack_bits(self.areas, ThreatArea),
            "order_flags": pack_bits(self.orders, OrderType),
            "juvenile": self.juvenile,
            "rule_override": self.rule_override,
            "placeholder_weights": self.placeholder_weights,
            "weights_version": self.weights_version,
        }


def summarise_events(
    events: Iterable[Event], *, as_of_month: date, today: date, table: GravityTable, facts: SubjectFacts
) -> ScoreSummary:
    """Return the summary of what a member holds on one person.

    Events are weighed today, so that the window and the intelligence cap are today's, and the sums are
    then dated back to the common as-of: n(T') = n(T) 2^(-(T' - T) / H) holds in both directions.

    Args:
        events: Everything the member holds on the person.
        as_of_month: First of the round's month (UTC), common to all members.
        today: The day of release.
        table: Weights.
        facts: Agency, orders and age of the person.

    Raises:
        InputError: An event lies after ``today``, its offence is not in the table, ``as_of_month`` is not
            the first of a month at most two months before ``today``, or a partner agency holds a crime.
    """
    held = tuple(events)
    if facts.agency_type is not AgencyType.POLICE and not all(event.is_non_crime for event in held):
        raise InputError("expected only non-crime codes (NC-*) from a partner agency, got a crime")
    days = (today - as_of_month).days
    if not 0 <= days <= MAX_AGE_DAYS:
        raise InputError(f"as_of_month: expected a day at most {MAX_AGE_DAYS} days before today")
    incidents = find_incidents(held, as_of=today, table=table)
    totals = sum_incidents(incidents)
    count_steps = round(
        COUNT_STEPS_PER_EVENT * totals.n / decay_factor(days, half_life_days=COUNT_HALF_LIFE_DAYS)
    )
    harm = totals.g / decay_factor(days, half_life_days=HARM_HALF_LIFE_DAYS)
    harm_step = round(HARM_STEPS_PER_DECADE * math.log10(1 + harm))
    harm_capped = count_steps <= CAPPED_COUNT_STEPS and harm_step > CAPPED_HARM_STEP
    return ScoreSummary(
        as_of_month=as_of_month,
        agency_type=facts.agency_type,
        recency=find_age_bucket(None if totals.age_days is None else int(totals.age_days)),
        oldest=find_age_bucket(max(_ages(incidents), default=None)),
        count_steps=count_steps,
        harm_step=CAPPED_HARM_STEP if harm_capped else harm_step,
        harm_capped=harm_capped,
        victims=bucket_victims(totals.n_victims),
        events=bucket_events(len(_ages(incidents))),
        areas=frozenset().union(*(i.areas for i in incidents)),
        orders=facts.orders,
        juvenile=facts.juvenile,
        rule_override=any(i.overrides for i in incidents),
        placeholder_weights=any(i.placeholders for i in incidents),
        weights_version=table.version,
    )


FIELDS = frozenset(
    {
        "as_of_month",
        "agency_type",
        "recency_bucket",
        "oldest_bucket",
        "count_steps",
        "harm_step",
        "harm_capped",
        "victims_bucket",
        "events_bucket",
        "threat_bits",
        "order_flags",
        "juvenile",
        "rule_override",
        "placeholder_weights",
        "weights_version",
    }
)
"""Exactly the fields of a summary's body; another field could carry what a summary must not."""


def parse_summary(body: Mapping[str, Any]) -> ScoreSummary:
    """Return the summary in an untrusted JSON body.

    Raises:
        InputError: A field is missing, unknown, of the wrong type, outside its list, or the fields
            contradict each other. The message names the field and never its value.
    """
    check_fields(body, FIELDS, kind="score summary")
    return ScoreSummary(
        as_of_month=read_date(body, "as_of_month"),
        agency_type=read_name(body, "agency_type", AgencyType),
        recency=find_name(body, "recency_bucket", AgeBucket),
        oldest=find_name(body, "oldest_bucket", AgeBucket),
        count_steps=read_integer(body, "count_steps"),
        harm_step=read_integer(body, "harm_step"),
        harm_capped=read_flag(body, "harm_capped"),
        victims=read_name(body, "victims_bucket", VictimsBucket),
        events=read_name(body, "events_bucket", EventsBucket),
        areas=parse_bits(read_integer(body, "threat_bits"), ThreatArea),
        orders=parse_bits(read_integer(body, "order_flags"), OrderType),
        juvenile=read_flag(body, "juvenile"),
        rule_override=read_flag(body, "rule_override"),
        placeholder_weights=read_flag(body, "placeholder_weights"),
        weights_version=read_text(body, "weights_version"),
    )


def _ages(incidents: Sequence[Incident]) -> list[int]:
    return [incident.age_days for incident in incidents if not incident.is_intel]
