"""Drafting a request: a person's reasons, the node's own figures, the person's signature.

Layer: node. Threat: figures typed in by hand, and a request that nobody answers for.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from crypto.canonical import encode_base64, format_time
from crypto.errors import InputError, PolicyError, StateError
from crypto.signing import SigningDomain
from node.requests.case import Case, CaseState
from node.requests.desk import Desk, Signatory
from node.requests.ports import KnownMatch
from node.requests.verification import sign_as
from scoring.policy.request import (
    INTEL_DEV_LIFETIME,
    MATCH_REF_BYTES,
    REQUEST_LIFETIME,
    THREAT_TO_LIFE_LIFETIME,
    parse_request,
    phia_term_of,
)
from scoring.policy.vocabulary import IntendedAction, RequestingRole, Side, Urgency


def draft_request(
    desk: Desk, match_ref: str, *, answers: Mapping[str, Any], officer: Signatory, now: datetime
) -> Case:
    """Store a request signed by the person who asks, complete enough for an approver to judge.

    Args:
        desk: This node.
        match_ref: Handle of a match of this node, hex.
        answers: From :func:`node.requests.form.parse_form`.
        officer: Who asks.
        now: Aware UTC time.

    Raises:
        InputError: A field is not of its form; the message names it.
        PolicyError: The person's role does not ask.
        StateError: This node has no such match.
    """
    if officer.credential.role not in set(RequestingRole):
        raise PolicyError(
            f"{officer.credential.person_id} holds {officer.credential.role}, which does not ask; "
            f"expected one of {', '.join(RequestingRole)}"
        )
    match = desk.records.find_match(parse_match_ref(match_ref))
    if match is None:
        raise StateError("this node has no match of that reference; list them with: clew-node matches")
    request = parse_request(
        {**answers, **_own_fields(desk, match, officer=officer, answers=answers, now=now)}
    )
    case = Case(
        request_id=request.request_id,
        side=Side.REQUESTING,
        counterpart=match.counterpart,
        match_ref=match.match_ref.hex(),
        state=CaseState.DRAFTED,
        request=sign_as(officer, SigningDomain.REQUEST, request.to_body()),
        refusal=None,
        changed_at=now,
    )
    desk.cases.store_case(case)
    return case


def parse_match_ref(text: str) -> bytes:
    """Return the match handle that a person typed; raise InputError when it is not one."""
    try:
        handle = bytes.fromhex(text)
    except ValueError:
        handle = b""
    if len(handle) != MATCH_REF_BYTES:
        raise InputError(f"match reference: expected {2 * MATCH_REF_BYTES} hexadecimal digits")
    return handle


def _own_fields(
    desk: Desk, match: KnownMatch, *, officer: Signatory, answers: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        "request_id": str(uuid.uuid4()),
        "match_ref": encode_base64(match.match_ref),
        "run_id": match.round_id,
        "requesting_org": desk.member,
        "requesting_officer_id": officer.credential.person_id,
        "requesting_role": officer.credential.role,
        "link_probability": match.candidate_probability,
        "phia_term": phia_term_of(match.candidate_probability).value,
        "score_if_true": match.score_if_true,
        "score_if_false": match.score_if_false,
        "score_interval": list(match.score_interval),
        "subject_juvenile": match.juvenile,
        "protected_characteristics_used": False,
        "requested_at": format_time(now),
        "expires_at": format_time(now + _lifetime(answers)),
    }


def _lifetime(answers: Mapping[str, Any]) -> timedelta:
    if answers["urgency"] == Urgency.THREAT_TO_LIFE:
        return THREAT_TO_LIFE_LIFETIME
    intelligence_only = answers["intended_action"] == [IntendedAction.INTEL_DEV]
    return INTEL_DEV_LIFETIME if intelligence_only else REQUEST_LIFETIME
