"""What a node learnt in a round: one match for each counterpart of one of its own people.

Layer: node, pure. A match holds the handle that a re-identification request names and the local
reference that only this node can follow; nothing about the other side but what the round gave out.
"""

from dataclasses import dataclass
from datetime import datetime

from protos.messages import MemberResults


@dataclass(frozen=True, slots=True)
class Match:
    """A person of this member found at one counterpart.

    Attributes:
        match_ref: Handle of the pair, 16 bytes in hex; single use (P-10).
        cluster_ref: Handle of the cluster, 16 bytes in hex.
        round_id, round_number, published_at: The round it comes from.
        nominal_ids: Own records of the person; never leaves the node.
        counterpart, counterpart_agency_type: The other member.
        candidate_probability: After matching, uncalibrated.
        score_lower, score_upper: Interval before incidents are de-duplicated; the upper end is the
            score if the candidate is true.
        rule_override: Whether the band is at least HIGH (X4).
        breadth: Kinds of agency in the cluster.
        other_forces, others_events, others_oldest, others_threats: What others hold, in buckets (F10).
        juvenile: Whether a record in the cluster is of someone under 18.
        placeholder_weights: Whether placeholder offence weights acted.
    """

    match_ref: str
    cluster_ref: str
    round_id: str
    round_number: int
    published_at: datetime
    nominal_ids: tuple[str, ...]
    counterpart: str
    counterpart_agency_type: str
    candidate_probability: float
    score_lower: float
    score_upper: float
    rule_override: bool
    breadth: int
    other_forces: int
    others_events: str
    others_oldest: str
    others_threats: tuple[str, ...]
    juvenile: bool
    placeholder_weights: bool


def flatten_results(
    results: MemberResults, *, round_number: int, nominal_ids: dict[bytes, tuple[str, ...]]
) -> tuple[Match, ...]:
    """Return one match for each counterpart of each of this member's clusters.

    Args:
        results: What the coordinator sent; a token that this node did not submit is left out, because
            there is no record it could be about.
        round_number: The round's number.
        nominal_ids: This node's own record map of the round, by token.
    """
    return tuple(
        Match(
            match_ref=counterpart.match_ref.hex(),
            cluster_ref=found.cluster_ref.hex(),
            round_id=results.round_id,
            round_number=round_number,
            published_at=results.published_at,
            nominal_ids=nominal_ids[found.token],
            counterpart=counterpart.member,
            counterpart_agency_type=counterpart.agency_type,
            candidate_probability=counterpart.candidate_probability,
            score_lower=found.score_lower,
            score_upper=found.score_upper,
            rule_override=found.rule_override,
            breadth=found.breadth,
            other_forces=found.other_forces,
            others_events=found.others_events,
            others_oldest=found.others_oldest,
            others_threats=found.others_threats,
            juvenile=found.juvenile,
            placeholder_weights=found.placeholder_weights,
        )
        for found in results.matches
        if found.token in nominal_ids
        for counterpart in found.counterparts
    )
