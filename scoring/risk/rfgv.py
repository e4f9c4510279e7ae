"""The risk score RFGV: recency, frequency, gravity and victims of what one member knows of one person.

Layer: scoring. Pure. Everything rests on two decayed sums, count n and harm g. They add over sources and
have no memory of dates, so members can be combined and re-dated without giving event dates away. The
score is a ranking index from 0 to 100, not a probability (DOMAIN 2.4).
Source: DOMAIN 2.2, formulas and defaults; E7 for the RFGV family, E8 for the rule override.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from scoring.risk.bands import RiskBand, decide_band
from scoring.risk.event import Event
from scoring.risk.gravity import GravityTable
from scoring.risk.incidents import Incident, find_incidents

COUNT_HALF_LIFE_DAYS = 365
HARM_HALF_LIFE_DAYS = 730
RECENCY_HALF_LIFE_DAYS = 180
FREQUENCY_SCALE = 3.0
VICTIM_SCALE = 2.0
HARM_CEILING = 7979.0  # homicide, in days of sentence: gravity 100
RECENCY_WEIGHT, FREQUENCY_WEIGHT, GRAVITY_WEIGHT, VICTIMS_WEIGHT = 0.20, 0.20, 0.45, 0.15
INTEL_COUNT_CAP = 1.0  # all intelligence together counts as at most one event


def decay_factor(days: float, *, half_life_days: float) -> float:
    """Return what is left of 1 after ``days``; a negative number of days undoes decay."""
    return float(2.0 ** (-days / half_life_days))


@dataclass(frozen=True, slots=True)
class Totals:
    """The four numbers that a score is made of, on one day.

    Args:
        age_days: Days since the most recent crime or non-crime; None without one.
        n: Decayed count.
        g: Decayed harm, in days of sentence.
        n_victims: Distinct victims.
    """

    age_days: float | None
    n: float
    g: float
    n_victims: int


@dataclass(frozen=True, slots=True)
class Components:
    """R, F, G and V, each 0 to 100, and the score they weigh to."""

    recency: float
    frequency: float
    gravity: float
    victims: float

    @property
    def score(self) -> float:
        """S = 0.20 R + 0.20 F + 0.45 G + 0.15 V."""
        weighted = (
            RECENCY_WEIGHT * self.recency,
            FREQUENCY_WEIGHT * self.frequency,
            GRAVITY_WEIGHT * self.gravity,
            VICTIMS_WEIGHT * self.victims,
        )
        # Four weights that sum to 1 in decimals may exceed it in binary by the last bit.
        return min(100.0, math.fsum(weighted))


def score_totals(totals: Totals) -> Components:
    """Return the components of totals.

    Source: DOMAIN 2.2, rows R, F, G and V. No victim known counts as one: V is 0.
    """
    recency = (
        0.0
        if totals.age_days is None
        else 100 * decay_factor(totals.age_days, half_life_days=RECENCY_HALF_LIFE_DAYS)
    )
    return Components(
        recency=recency,
        frequency=100 * -math.expm1(-totals.n / FREQUENCY_SCALE),
        gravity=100 * min(1.0, math.log1p(totals.g) / math.log1p(HARM_CEILING)),
        victims=100 * -math.expm1(-(max(1, totals.n_victims) - 1) / VICTIM_SCALE),
    )


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one incident adds to the score, in points; the shares of all incidents sum to it (F50).

    Recency is the most recent incident's alone. Frequency and gravity are shared in proportion to decayed
    count and harm, victims in proportion to the distinct victims an incident brings.
    """

    incident_key: str = field(repr=False)
    codes: tuple[str, ...]
    age_days: int
    recency: float
    frequency: float
    gravity: float
    victims: float

    @property
    def points(self) -> float:
        """The incident's whole share of the score."""
        return self.recency + self.frequency + self.gravity + self.victims


@dataclass(frozen=True, slots=True)
class RiskScore:
    """A score with all that explains it.

    Args:
        score: 0 to 100, a ranking index.
        band: Band of the score, at least HIGH under the rule override.
        components: R, F, G and V.
        totals: Age, n, g and distinct victims.
        contributions: Share of each incident, largest first.
        rule_override: Whether an event of q*w >= 1000 within 365 days set the least band (X4).
        weights_version: Version of the gravity table.
        weights_scale: Its scale.
        placeholder_codes: Codes that acted on a placeholder weight; empty when every weight is usable.
    """

    score: float
    band: RiskBand
    components: Components
    totals: Totals
    contributions: tuple[Contribution, ...]
    rule_override: bool
    weights_version: str
    weights_scale: str
    placeholder_codes: tuple[str, ...]

    @property
    def weights_status(self) -> str:
        """``USABLE``, or ``PLACEHOLDER`` with the codes whose weights must be replaced before live use."""
        return f"PLACEHOLDER: {', '.join(self.placeholder_codes)}" if self.placeholder_codes else "USABLE"


def score_events(events: Iterable[Event], *, as_of: date, table: GravityTable) -> RiskScore:
    """Return the perpetrator-view risk score of one person from events known exactly.

    Args:
        events: What is known of the person; order has no effect.
        as_of: The day of the score; no event may lie after it.
        table: Weights.

    Returns:
        A score in 0 to 100; without an event that counts, 0 and STANDARD.

    Raises:
        InputError: An event lies after ``as_of`` or its offence is not in the table.
    """
    incidents = find_incidents(events, as_of=as_of, table=table)
    totals = sum_incidents(incidents)
    components = score_totals(totals)
    rule_override = any(incident.overrides for incident in incidents)
    return RiskScore(
        score=components.score,
        band=decide_band(components.score, rule_override=rule_override),
        components=components,
        totals=totals,
        contributions=_share_score(incidents, totals, components),
        rule_override=rule_override,
        weights_version=table.version,
        weights_scale=table.scale,
        placeholder_codes=tuple(sorted(frozenset().union(*(i.placeholders for i in incidents)))),
    )


def sum_incidents(incidents: Sequence[Incident]) -> Totals:
    """Return the totals of incidents on the day their ages refer to."""
    return Totals(
        age_days=min((i.age_days for i in incidents if not i.is_intel), default=None),
        n=math.fsum(_counts(incidents)),
        g=math.fsum(_harms(incidents)),
        n_victims=len(frozenset().union(*(i.victims for i in incidents))),
    )


def _counts(incidents: Sequence[Incident]) -> list[float]:
    """Return each incident's decayed count, intelligence scaled so that together it stays at the cap."""
    counts = [i.quality * decay_factor(i.age_days, half_life_days=COUNT_HALF_LIFE_DAYS) for i in incidents]
    intel = math.fsum(count for count, i in zip(counts, incidents, strict=True) if i.is_intel)
    scale = INTEL_COUNT_CAP / max(INTEL_COUNT_CAP, intel)
    return [count * scale if i.is_intel else count for count, i in zip(counts, incidents, strict=True)]


def _harms(incidents: Sequence[Incident]) -> list[float]:
    return [
        0.0 if i.is_intel else i.harm * decay_factor(i.age_days, half_life_days=HARM_HALF_LIFE_DAYS)
        for i in incidents
    ]


def _share_score(
    incidents: Sequence[Incident], totals: Totals, components: Components
) -> tuple[Contribution, ...]:
    latest = min((i for i in incidents if not i.is_intel), key=lambda i: (i.age_days, i.key), default=None)
    held_by = Counter(victim for i in incidents for victim in i.victims)
    # n and g are 0 only when every numerator is, so the divisor 1 then changes nothing.
    frequency = FREQUENCY_WEIGHT * components.frequency / (totals.n or 1.0)
    gravity = GRAVITY_WEIGHT * components.gravity / (totals.g or 1.0)
    victims = VICTIMS_WEIGHT * components.victims / (totals.n_victims or 1)
    shares = [
        Contribution(
            incident_key=i.key,
            codes=i.codes,
            age_days=i.age_days,
            recency=RECENCY_WEIGHT * components.recency if i is latest else 0.0,
            frequency=frequency * count,
            gravity=gravity * harm,
            victims=victims * math.fsum(1 / held_by[victim] for victim in i.victims),
        )
        for i, count, harm in zip(incidents, _counts(incidents), _harms(incidents), strict=True)
    ]
    return tuple(sorted(shares, key=lambda share: (-share.points, share.incident_key)))
