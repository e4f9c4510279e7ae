"""Several members' knowledge of one cluster, combined into a score with its uncertainty.

Layer: scoring. Pure. Two members may hold the same incident (a transfer, a joint case), so sums of
summaries are an upper end and the greatest single member a lower end, until incidents are de-duplicated
(DOMAIN 2.3). How likely the link is and how serious it is stay two numbers (DOMAIN 2.4).
Partner agencies add breadth; what they hold moves no score before it is released (F09, P-19).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from crypto.errors import InputError
from scoring.risk.areas import AgencyType, OrderType, ThreatArea
from scoring.risk.bands import RiskBand, decide_band
from scoring.risk.buckets import AgeBucket, EventsBucket, bucket_events
from scoring.risk.event import Event
from scoring.risk.gravity import GravityTable
from scoring.risk.rfgv import RiskScore, Totals, score_events, score_totals
from scoring.risk.summary import ScoreSummary

MAX_BREADTH = 5
SHARE_REVIEW_COUNT = 3.0  # decayed events over all agencies
SHARE_REVIEW_AGENCIES = 3
LINK_CUT_OFFS = (0.95, 0.80, 0.55, 0.40)
"""Operational cut-offs of DOMAIN 2.4, proposed; below the last a link is discarded."""


@dataclass(frozen=True, slots=True)
class ScoreInterval:
    """Least and greatest score before incidents are de-duplicated; the greatest is the "score if true"."""

    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class CombinedScore:
    """What the federation knows of a cluster.

    Args:
        interval: Score of the police forces' summaries.
        band: Band of the upper end, at least HIGH under the rule override.
        rule_override: Whether a force reports a first high-harm event (X4).
        victims: Fewest and most distinct victims the forces' summaries allow: all shared, none shared.
        score_if_victims_differ: Upper end of the score with the most victims.
        breadth: Distinct kinds of agency, 1 to 5; beside the score, never in it (F12).
        forces: Number of police summaries.
        agencies: Number of all summaries.
        count: Decayed count over all agencies: what the share review reads (F11).
        events: Fewest crimes and non-crimes the forces hold together, as a bucket (F10).
        oldest: Age of the oldest of them; None without one.
        areas: Threat areas of the forces' events.
        orders: Orders active at any member.
        juvenile: Whether any member knows the person as under 18.
        placeholder_weights: Whether a placeholder weight acted at any force.
        weights_version: Version of the weights, the same for all.
    """

    interval: ScoreInterval
    band: RiskBand
    rule_override: bool
    victims: tuple[int, int]
    score_if_victims_differ: float
    breadth: int
    forces: int
    agencies: int
    count: float
    events: EventsBucket
    oldest: AgeBucket | None
    areas: frozenset[ThreatArea]
    orders: frozenset[OrderType]
    juvenile: bool
    placeholder_weights: bool
    weights_version: str

    @property
    def needs_share_review(self) -> bool:
        """Whether low-level events in several agencies together ask each holder "share?" (F11)."""
        return self.agencies >= SHARE_REVIEW_AGENCIES and self.count >= SHARE_REVIEW_COUNT


def combine_totals(least: Sequence[Totals], greatest: Sequence[Totals] | None = None) -> ScoreInterval:
    """Return the score interval of several sources of the same person on one day.

    Recency is the most recent of all. n and g run from the greatest single source (every incident
    shared) to the sum (none shared). Victims enter both ends as the greatest single source: fixture F09
    has one victim known to both forces, and adding her to herself would make every case that crosses a
    border look serial. How many victims there may be is reported beside the score.

    Args:
        least: Totals of each source.
        greatest: Where a source is itself uncertain, its greatest totals; ``least`` otherwise.

    Source: DOMAIN 2.3(1).
    """
    lower = Totals(
        age_days=min((t.age_days for t in least if t.age_days is not None), default=None),
        n=max((t.n for t in least), default=0.0),
        g=max((t.g for t in least), default=0.0),
        n_victims=max((t.n_victims for t in least), default=0),
    )
    upper = _sum_totals(least if greatest is None else greatest, n_victims=lower.n_victims)
    return ScoreInterval(score_totals(lower).score, score_totals(upper).score)


def _sum_totals(totals: Sequence[Totals], *, n_victims: int) -> Totals:
    age_days = min((t.age_days for t in totals if t.age_days is not None), default=None)
    return Totals(age_days, math.fsum(t.n for t in totals), math.fsum(t.g for t in totals), n_victims)


def combine_summaries(summaries: Iterable[ScoreSummary], *, today: date) -> CombinedScore:
    """Return the combined score of the summaries of one cluster, one per member.

    Called without a member's own summary, it says what is known elsewhere (F10). Event count, oldest
    and threat areas come from forces only: that a partner holds a contact shows as breadth alone until
    the partner releases it (P-19).

    Args:
        summaries: At least one, each of another member.
        today: The day of the round, to which all sums are re-dated.

    Raises:
        InputError: There is no summary, the weights' versions differ, or one is dated for another time.
    """
    held = tuple(summaries)
    versions = {summary.weights_version for summary in held}
    if len(versions) != 1:
        raise InputError(
            f"expected summaries of one weights version, got {len(versions)} versions; "
            "members must summarise under the version agreed for the round"
        )
    forces = [summary for summary in held if summary.agency_type is AgencyType.POLICE]
    least = [summary.totals_on(today)[0] for summary in forces]
    greatest = [summary.totals_on(today)[1] for summary in forces]
    interval = combine_totals(least, greatest)
    victims = [summary.victims.least for summary in forces]
    rule_override = any(summary.rule_override for summary in forces)
    return CombinedScore(
        interval=interval,
        band=decide_band(interval.upper, rule_override=rule_override),
        rule_override=rule_override,
        victims=(max(victims, default=0), sum(victims)),
        score_if_victims_differ=score_totals(_sum_totals(greatest, n_victims=sum(victims))).score,
        breadth=min(MAX_BREADTH, len({summary.agency_type for summary in held})),
        forces=len(forces),
        agencies=len(held),
        count=math.fsum(summary.totals_on(today)[0].n for summary in held),
        events=bucket_events(sum(summary.events.least for summary in forces)),
        oldest=max((s.oldest for s in forces if s.oldest), key=lambda age: age.least_days, default=None),
        areas=frozenset().union(*(summary.areas for summary in forces)),
        orders=frozenset().union(*(summary.orders for summary in held)),
        juvenile=any(summary.juvenile for summary in held),
        placeholder_weights=any(summary.placeholder_weights for summary in forces),
        weights_version=versions.pop(),
    )


@dataclass(frozen=True, slots=True)
class ExactCombination:
    """A score from events known on all sides, and how many incidents more than one side held."""

    score: RiskScore
    duplicates: int


def combine_events(held: Iterable[Iterable[Event]], *, as_of: date, table: GravityTable) -> ExactCombination:
    """Return the exact score of events of several members, each incident counted once.

    Incidents are the same when their keys are: ``incident_id``, or ``transfer_ref`` for a record that was
    transferred. Finding the same incident without such a reference is the incident-key stage.

    Args:
        held: Events of each member.
        as_of: The day of the score.
        table: Weights.

    Raises:
        InputError: As :func:`scoring.risk.rfgv.score_events`.

    Source: DOMAIN 2.3(2) for K', 2.3(3) for the fixture.
    """
    sides = [tuple(events) for events in held]
    holders = Counter(key for events in sides for key in {event.incident_key for event in events})
    score = score_events((event for events in sides for event in events), as_of=as_of, table=table)
    return ExactCombination(score, sum(1 for count in holders.values() if count > 1))


class ProbabilityKind(StrEnum):
    """Which probability a link carries; the value is the label people see."""

    CANDIDATE = "candidate probability, uncalibrated"
    MATCH = "match probability"


@dataclass(frozen=True, slots=True)
class FiveValues:
    """The five values that are always shown together (DOMAIN 2.4).

    Args:
        probability: Probability that the records are one person, 0 to 1.
        kind: Which probability it is.
        score_if_false: Score of the member's own events alone.
        interval: Score if the link is true, before de-duplication; ``score_if_true`` is its upper end.

    Raises:
        InputError: The probability is outside 0 to 1.
    """

    probability: float
    kind: ProbabilityKind
    score_if_false: float
    interval: ScoreInterval

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise InputError("expected a probability from 0 to 1, got a number outside it")

    @property
    def score_if_true(self) -> float:
        """Upper end of the interval."""
        return self.interval.upper

    @property
    def expected(self) -> float:
        """E[S] = p * S_true + (1 - p) * S_false. Never rank by it alone: see :attr:`ranking_key`."""
        return self.probability * self.score_if_true + (1 - self.probability) * self.score_if_false

    @property
    def ranking_key(self) -> tuple[int, float]:
        """Sort key, most pressing first: the probability's cut-off band, then the score if true."""
        band = sum(self.probability < cut_off for cut_off in LINK_CUT_OFFS)
        return band, -self.score_if_true


def expected_harm(own: float, edges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return mean and standard deviation of g over uncertain links to other members.

    Args:
        own: g that is certain.
        edges: For each link its probability and the g behind it; links are taken as independent.

    Source: DOMAIN 2.4, E[g] = g_0 + sum p_j g_j and Var[g] = sum p_j (1 - p_j) g_j^2.
    """
    mean = own + math.fsum(p * g for p, g in edges)
    return mean, math.sqrt(math.fsum(p * (1 - p) * g * g for p, g in edges))
