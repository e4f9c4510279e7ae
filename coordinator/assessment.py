"""Combining the score summaries of clusters into what each member may learn.

Layer: coordinator, pure. A member learns of its own matches only: counts, buckets and the federated
score interval, no identity (DOMAIN F10). A member that withheld its summary is invisible to the others
(P-19), and a partner agency sees no police figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from coordinator.store.rounds import Match
from crypto.agreement import Member
from crypto.pki import Role
from protos.messages import Counterpart, MemberMatch
from scoring.risk.combine import CombinedScore, combine_summaries
from scoring.risk.summary import ScoreSummary


@dataclass(frozen=True, slots=True)
class Answer:
    """One record of a cluster; ``summary`` is None where it was withheld or never came."""

    member: str
    token: bytes
    summary: ScoreSummary | None


@dataclass(frozen=True, slots=True)
class ClusterView:
    """A cluster with its answers and the match handles between its members."""

    cluster_ref: bytes
    answers: tuple[Answer, ...]
    matches: tuple[Match, ...]


def assess(
    clusters: Sequence[ClusterView], members: Mapping[str, Member], *, today: date
) -> dict[str, list[MemberMatch]]:
    """Return each member's own matches."""
    found: dict[str, list[MemberMatch]] = {}
    for cluster in clusters:
        for own in cluster.answers:
            others = [a for a in cluster.answers if a.summary is not None and a.member != own.member]
            if others:
                found.setdefault(own.member, []).append(_describe(cluster, own, others, members, today))
    return found


def _describe(
    cluster: ClusterView,
    own: Answer,
    others: Sequence[Answer],
    members: Mapping[str, Member],
    today: date,
) -> MemberMatch:
    counterparts = tuple(_counterpart(cluster, own.member, members[other.member]) for other in others)
    elsewhere = combine_summaries([a.summary for a in others if a.summary], today=today)
    if own.summary is None or members[own.member].role != Role.FORCE:
        return _without_figures(cluster, own, counterparts, elsewhere)
    summaries = [own.summary, *(a.summary for a in others if a.summary)]
    together = combine_summaries(summaries, today=today)
    return MemberMatch(
        token=own.token,
        cluster_ref=cluster.cluster_ref,
        counterparts=counterparts,
        score_lower=together.interval.lower,
        score_upper=together.interval.upper,
        rule_override=together.rule_override,
        breadth=together.breadth,
        other_forces=elsewhere.forces,
        others_events=elsewhere.events.value,
        others_oldest=elsewhere.oldest.value if elsewhere.oldest else "",
        others_threats=tuple(sorted(area.value for area in elsewhere.areas)),
        juvenile=together.juvenile,
        placeholder_weights=together.placeholder_weights,
    )


def _without_figures(
    cluster: ClusterView, own: Answer, counterparts: tuple[Counterpart, ...], elsewhere: CombinedScore
) -> MemberMatch:
    return MemberMatch(
        token=own.token,
        cluster_ref=cluster.cluster_ref,
        counterparts=counterparts,
        score_lower=0.0,
        score_upper=0.0,
        rule_override=False,
        breadth=0,
        other_forces=elsewhere.forces,
        others_events="",
        others_oldest="",
        others_threats=(),
        juvenile=False,
        placeholder_weights=False,
        score_disclosed=False,
    )


def _counterpart(cluster: ClusterView, own: str, other: Member) -> Counterpart:
    pair = tuple(sorted((own, other.name)))
    match = next(m for m in cluster.matches if (m.member_a, m.member_b) == pair)
    return Counterpart(match.match_ref, other.name, other.agency_type, match.candidate_probability)
