"""A request as a person or a program is shown it: state, people, reasons, five values, rules.

Layer: node, pure. The five values are this node's own and always together; the probability says that it
is uncalibrated. Of the subject nothing is shown here but that there is a match.
"""

from collections.abc import Mapping
from typing import Any

from crypto.canonical import format_time
from node.requests.case import STATE_WORDS, Case
from node.requests.desk import Desk
from node.requests.facts import verify_case, verify_stored_approval
from node.requests.ports import KnownMatch
from node.requests.rulings import read_reasons
from scoring.policy.approval import ReidApproval
from scoring.policy.request import ReidRequest
from scoring.policy.rules import RULES
from scoring.policy.ruling import Refused
from scoring.risk.bands import decide_band
from scoring.risk.combine import FiveValues, ProbabilityKind, ScoreInterval
from scoring.risk.phia import AnalyticalConfidence, describe_likelihood

_REQUEST_FIELDS = (
    "case_ref",
    "regime",
    "le_purpose",
    "lawful_basis",
    "sensitive_condition",
    "gateway",
    "data_items_requested",
    "intended_action",
    "less_intrusive_tried",
    "victim_views",
    "urgency",
    "requested_at",
    "expires_at",
)
_APPROVAL_FIELDS = (
    "side",
    "approver_id",
    "approver_role",
    "decision",
    "data_items_approved",
    "conditions",
    "reason",
    "decided_at",
    "valid_until",
)
_STATEMENTS = ("risk_statement", "necessity_statement", "proportionality_statement")


def list_case(case: Case) -> dict[str, Any]:
    """Return one line of a list."""
    return {
        "request_id": case.request_id,
        "counterpart": case.counterpart,
        "match_ref": case.match_ref,
        "state": case.state.value,
        "meaning": STATE_WORDS[case.state],
        "changed_at": format_time(case.changed_at),
        "refused_by": [reason["rule"] for reason in list_reasons(_read_refusal(case))],
    }


def show_case(desk: Desk, case: Case) -> dict[str, Any]:
    """Return everything there is to judge about a request, every signature verified again.

    Raises:
        VerificationError: What is stored no longer verifies.
    """
    request, requester = verify_case(desk, case)
    match = desk.records.find_match(bytes.fromhex(case.match_ref))
    approvals = [
        verify_stored_approval(desk, case, stored).approval
        for stored in desk.cases.load_approvals(case.request_id)
    ]
    return {
        **list_case(case),
        "side": case.side.value,
        "requester": {
            "person": requester.person_id,
            "role": requester.role,
            "rank": requester.rank,
            "member": requester.organisation,
            "supervisor": request.supervisor_id,
        },
        **_describe_request(request),
        "approvals": [_describe_approval(approval) for approval in approvals],
        "to_be_disclosed": _list_releasable(request, approvals),
        "values": describe_values(match) if match else None,
        "refusal": list_reasons(_read_refusal(case)),
    }


def describe_values(match: KnownMatch) -> dict[str, Any]:
    """Return the five values of a match as this node knows them."""
    values = FiveValues(
        probability=match.candidate_probability,
        kind=ProbabilityKind.CANDIDATE,
        score_if_false=match.score_if_false,
        interval=ScoreInterval(*match.score_interval),
    )
    likelihood = describe_likelihood(match.candidate_probability, confidence=AnalyticalConfidence.LOW)
    return {
        "probability": round(values.probability, 4),
        "probability_kind": values.kind.value,
        "likelihood": likelihood.text,
        "analytical_confidence": likelihood.confidence.value,
        "score_if_true": round(values.score_if_true, 1),
        "band_if_true": decide_band(values.score_if_true, rule_override=match.rule_override).value,
        "score_if_false": round(values.score_if_false, 1),
        "interval": [round(end, 1) for end in match.score_interval],
        "expected_score": round(values.expected, 1),
        "rule_override": match.rule_override,
        "juvenile": match.juvenile,
    }


def list_reasons(refused: Refused | None) -> list[dict[str, str]]:
    """Return each reason with the rule in plain English."""
    reasons = refused.reasons if refused else ()
    return [
        {"rule": reason.rule.value, "demands": RULES[reason.rule].text, "reason": reason.text}
        for reason in reasons
    ]


def describe_package(items: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the content of a package or record by item name."""
    return {str(item): content for item, content in items.items()}


def _describe_request(request: ReidRequest) -> dict[str, Any]:
    body = request.to_body()
    shown = _REQUEST_FIELDS
    return {name: body[name] for name in (*shown, *_STATEMENTS)}


def _describe_approval(approval: ReidApproval) -> dict[str, Any]:
    body = approval.to_body()
    shown = _APPROVAL_FIELDS
    return {name: body[name] for name in shown}


def _list_releasable(request: ReidRequest, approvals: list[ReidApproval]) -> list[str]:
    return [
        str(item)
        for item in request.data_items_requested
        if all(item in approval.data_items_approved for approval in approvals)
    ]


def _read_refusal(case: Case) -> Refused | None:
    return read_reasons(case.refusal) if case.refusal is not None else None
