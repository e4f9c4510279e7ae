"""The steps of a request, each as one call, so that a test says only what is different about it."""

from typing import Any

from node.requests.case import Case, CaseState
from node.requests.deciding import decide_case
from node.requests.drafting import draft_request
from node.requests.opinion import Opinion
from node.requests.releasing import release_disclosure
from scoring.policy.ruling import Granted, Refused
from tests.unit.requests.federation import MATCH_REF, REASON, Federation, Node, fill_form


def staff(federation: Federation) -> None:
    """Hire the people whom the granted path needs."""
    federation.essex.hire("essex-dc-11", role="OIC", rank="constable")
    federation.essex.hire("essex-di-07", role="INSPECTOR_PVP", rank="inspector")
    federation.kent.hire("kent-di-03", role="IAO_DELEGATE", rank="inspector")


def draft(federation: Federation, match_ref: str = MATCH_REF, **answers: Any) -> Case:
    essex = federation.essex
    officer = essex.people["essex-dc-11"]
    return draft_request(essex.desk, match_ref, answers=fill_form(**answers), officer=officer, now=essex.now)


def decide(node: Node, request_id: str, person: str, **changes: Any) -> Granted | Refused | None:
    opinion = Opinion(**({"approves": True, "reason": REASON} | changes))
    approver = node.people[person]
    return decide_case(node.desk, request_id, opinion=opinion, approver=approver, now=node.now)


def release(node: Node, request_id: str, person: str) -> Granted | Refused:
    return release_disclosure(node.desk, request_id, releaser=node.people[person], now=node.now)


def ask(federation: Federation, **answers: Any) -> str:
    """Draft and approve at Essex and let it reach Kent."""
    request_id = draft(federation, **answers).request_id
    assert isinstance(decide(federation.essex, request_id, "essex-di-07"), Granted)
    federation.carry()
    return request_id


def disclose(federation: Federation) -> str:
    """Go the whole granted path until the package is at Essex."""
    request_id = ask(federation)
    assert isinstance(decide(federation.kent, request_id, "kent-di-03"), Granted)
    assert isinstance(release(federation.kent, request_id, "kent-di-03"), Granted)
    federation.carry()
    return request_id


def state_of(node: Node, request_id: str) -> CaseState:
    return node.desk.cases.get_case(request_id).state
