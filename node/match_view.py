"""A match as a person is shown it: five values together, what acted, and what others hold in buckets.

Layer: node, pure. Never a bare score: probability and risk stay separate, the probability says that it
is uncalibrated, the band before linking stands beside the band if linked, and placeholder weights are
marked wherever they acted (DOMAIN 2.4, F10, F31, F50). Own references are shown, no one else's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crypto.canonical import format_time
from node.assessment import CaseFile, score_person
from node.matches import Match
from node.persons import Person
from scoring.risk.bands import RiskBand, decide_band
from scoring.risk.combine import FiveValues, ProbabilityKind, ScoreInterval
from scoring.risk.gravity import GravityTable
from scoring.risk.phia import AnalyticalConfidence, Likelihood, describe_likelihood
from scoring.risk.rfgv import RiskScore

TOP_CONTRIBUTIONS = 3


@dataclass(frozen=True, slots=True)
class MatchView:
    """One match ready to be shown.

    Attributes:
        match: What the round told.
        own: This member's own score, before linking.
        values: Probability, scores and interval, always together.
        band_if_linked: Band of the score if the link is true.
        likelihood: The probability in PHIA words; confidence is low while it is uncalibrated.
        is_police_employee: Whether only professional standards may see it (F54).
    """

    match: Match
    own: RiskScore
    values: FiveValues
    band_if_linked: RiskBand
    likelihood: Likelihood
    is_police_employee: bool

    @property
    def is_assessed(self) -> bool:
        """Whether the round scored the cluster for this member; not so where it withheld its answer."""
        return self.match.breadth > 0

    @property
    def has_placeholder_weights(self) -> bool:
        """Whether placeholder weights acted in the own score or anywhere in the cluster."""
        return self.match.placeholder_weights or bool(self.own.placeholder_codes)


def view_matches(matches: Sequence[Match], cases: CaseFile, *, table: GravityTable) -> tuple[MatchView, ...]:
    """Return the matches whose own records are still held, most pressing first.

    The own score is taken on the day the round was published, so that both sides of the comparison
    are of one day.
    """
    views = [
        _view(match, person, cases, table)
        for match in matches
        if (person := cases.find_person(match.nominal_ids)) is not None
    ]
    return tuple(sorted(views, key=lambda view: (view.values.ranking_key, view.match.match_ref)))


def _view(match: Match, person: Person, cases: CaseFile, table: GravityTable) -> MatchView:
    own = score_person(person, cases, as_of=match.published_at.date(), table=table)
    values = FiveValues(
        probability=match.candidate_probability,
        kind=ProbabilityKind.CANDIDATE,
        score_if_false=own.score,
        interval=ScoreInterval(match.score_lower, match.score_upper),
    )
    return MatchView(
        match=match,
        own=own,
        values=values,
        band_if_linked=decide_band(match.score_upper, rule_override=match.rule_override),
        likelihood=describe_likelihood(match.candidate_probability, confidence=AnalyticalConfidence.LOW),
        is_police_employee=person.is_police_employee,
    )


def to_json(view: MatchView, *, scores_own: bool) -> dict[str, Any]:
    """Return a match as JSON for programs; scores to one decimal, as people are shown them.

    Args:
        view: The match.
        scores_own: Whether this member scores its own events; a partner agency does not, and its match
            then has no score before linking and no expected score.
    """
    match, values = view.match, view.values
    return {
        "match_ref": match.match_ref,
        "cluster_ref": match.cluster_ref,
        "round_id": match.round_id,
        "round_number": match.round_number,
        "published_at": format_time(match.published_at),
        "nominal_ids": list(match.nominal_ids),
        "counterpart": match.counterpart,
        "counterpart_agency_type": match.counterpart_agency_type,
        "probability": {
            "value": round(values.probability, 4),
            "kind": values.kind.value,
            "phia_term": view.likelihood.term,
            "in_gap": view.likelihood.in_gap,
            "analytical_confidence": view.likelihood.confidence.value,
        },
        "before_linking": describe_score(view.own) if scores_own else None,
        "if_linked": {
            "assessed": view.is_assessed,
            "score_if_true": _shown(values.score_if_true),
            "interval": [_shown(values.interval.lower), _shown(values.interval.upper)],
            "band": view.band_if_linked.value,
            "rule_override": match.rule_override,
            "de_duplicated": False,
        },
        "expected_score": _shown(values.expected) if scores_own else None,
        "elsewhere": {
            "other_forces": match.other_forces,
            "events": match.others_events,
            "oldest_days": match.others_oldest,
            "threat_areas": list(match.others_threats),
            "breadth": match.breadth,
        },
        "juvenile": match.juvenile,
        "placeholder_weights": view.has_placeholder_weights,
    }


def describe_score(score: RiskScore) -> dict[str, Any]:
    """Return a score with its reasons, as JSON."""
    parts = score.components
    return {
        "score": _shown(score.score),
        "band": score.band.value,
        "rule_override": score.rule_override,
        "components": {
            "recency": _shown(parts.recency),
            "frequency": _shown(parts.frequency),
            "gravity": _shown(parts.gravity),
            "victims": _shown(parts.victims),
        },
        "top_contributions": [
            {"codes": list(share.codes), "age_days": share.age_days, "points": _shown(share.points)}
            for share in score.contributions[:TOP_CONTRIBUTIONS]
        ],
        "weights_scale": score.weights_scale,
        "weights_version": score.weights_version,
        "weights_status": score.weights_status,
    }


def explain_person(person: Person, cases: CaseFile, *, as_of: date, table: GravityTable) -> Mapping[str, Any]:
    """Return the own score of a person with every incident's share, as JSON."""
    score = score_person(person, cases, as_of=as_of, table=table)
    shares = [
        {
            "codes": list(share.codes),
            "age_days": share.age_days,
            "recency": _shown(share.recency, 2),
            "frequency": _shown(share.frequency, 2),
            "gravity": _shown(share.gravity, 2),
            "victims": _shown(share.victims, 2),
            "points": _shown(share.points, 2),
        }
        for share in score.contributions
    ]
    return {
        "nominal_ids": list(person.nominal_ids),
        "as_of": as_of.isoformat(),
        **describe_score(score),
        "totals": {
            "age_days": score.totals.age_days,
            "count": round(score.totals.n, 3),
            "harm_days": _shown(score.totals.g),
            "victims": score.totals.n_victims,
        },
        "contributions": shares,
    }


def _shown(number: float, decimals: int = 1) -> float:
    return round(number, decimals) + 0.0  # a component of exactly nothing comes as -0.0
