"""Rules about what is released and when: DOMAIN P-06, P-09 and P-10.

Layer: scoring, pure. Limits are inclusive to the millisecond: an approval is alive at exactly 72 hours
and dead one millisecond later.

Threat: more released than was approved, an old approval acted on late, one approval used twice.
"""

from collections.abc import Iterator
from datetime import timedelta

from scoring.policy.case_file import CaseFile, SignedApproval, Stage
from scoring.policy.disclosure import Disclosure
from scoring.policy.request import INTEL_DEV_LIFETIME
from scoring.policy.vocabulary import DataItem, IntendedAction, Side

MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far another member's clock may run ahead before its times are refused."""

ADDRESS_ACTIONS = frozenset(
    {
        IntendedAction.ARREST,
        IntendedAction.DVPN,
        IntendedAction.DAPN,
        IntendedAction.SPO,
        IntendedAction.SRO_SHPO,
        IntendedAction.SAFEGUARD_VISIT,
    }
)
"""Arrest, orders and safeguarding: what a current address may be asked for (DOMAIN P-06)."""


def find_releasable_items(file: CaseFile) -> tuple[DataItem, ...]:
    """Return what was requested and approved by every approval on file, none where none is on file."""
    approved = [set(signed.approval.data_items_approved) for signed in file.approvals]
    common = set.intersection(*approved) if approved else set()
    return tuple(item for item in file.request.data_items_requested if item in common)


def check_items(file: CaseFile) -> Iterator[str]:
    """P-06: items disclosed within items approved within items requested; addresses for cause only."""
    requested = set(file.request.data_items_requested)
    if any(not set(signed.approval.data_items_approved) <= requested for signed in file.approvals):
        yield "An approval covers items that were not requested. Decide again on the items requested."
    if DataItem.ADDRESS_CURRENT in requested and not ADDRESS_ACTIONS & set(file.request.intended_action):
        yield (
            "ADDRESS_CURRENT may be asked for only to arrest, to seek an order or to safeguard. "
            "Make a new request without it, or state that action."
        )
    if file.stage == Stage.RELEASE and file.disclosure is None:
        yield "No disclosure was prepared. Prepare one with the approved items."
    if file.disclosure and not set(file.disclosure.items) <= set(find_releasable_items(file)):
        yield "The disclosure holds items that were not approved by both sides. Take them out."


def check_lifetimes(file: CaseFile) -> Iterator[str]:
    """P-09: request, approvals and package are each within their lifetime; renewals are new requests."""
    request, now = file.request, file.now
    latest = request.expires_at
    if request.is_intelligence_only:
        latest = min(latest, request.requested_at + INTEL_DEV_LIFETIME)
    if now > latest:
        yield "The request has expired. Make a new request; it cannot be renewed."
    if request.requested_at > now + MAX_CLOCK_SKEW:
        yield "The request is dated in the future. Correct the clock and make a new request."
    for signed in file.approvals:
        yield from _check_approval_lifetime(file, signed)
    if file.disclosure:
        yield from _check_package_lifetime(file, file.disclosure)


def _check_approval_lifetime(file: CaseFile, signed: SignedApproval) -> Iterator[str]:
    approval = signed.approval
    if file.now > approval.valid_until:
        yield "An approval has expired: it lasts 72 hours at most. Ask the approver to decide again."
    if approval.decided_at > file.now + MAX_CLOCK_SKEW:
        yield "An approval is dated in the future. Correct the clock and decide again."
    if approval.decided_at < file.request.requested_at - MAX_CLOCK_SKEW:
        yield "An approval is dated before the request. Ask the approver to decide again."


def _check_package_lifetime(file: CaseFile, disclosure: Disclosure) -> Iterator[str]:
    if file.now > disclosure.opens_until or file.now.date() > disclosure.retain_until:
        yield "The package is past its lifetime of 28 days. Make a new request."
    if disclosure.disclosed_at > file.now + MAX_CLOCK_SKEW:
        yield "The disclosure is dated in the future. Correct the clock and prepare it again."


def check_single_use(file: CaseFile) -> Iterator[str]:
    """P-10: a match is disclosed once, and a pair of approvals makes one disclosure, to whom it names."""
    if file.facts.already_disclosed:
        yield "This match has already been answered with a disclosure. Wait for the next round's match."
    if any(signed.approval.approval_id in file.facts.spent_approval_ids for signed in file.approvals):
        yield "An approval has already been used for a disclosure. Ask for a new decision."
    if file.disclosure and not _belongs_to(file, file.disclosure):
        yield (
            "The disclosure does not name this request, its two approvals and its two organisations. "
            "Prepare it again for this request."
        )


def _belongs_to(file: CaseFile, disclosure: Disclosure) -> bool:
    pair = tuple(
        signed.approval.approval_id
        for side in (Side.REQUESTING, Side.DISCLOSING)
        for signed in file.approvals_of(side)
    )
    named = (disclosure.request_id, disclosure.discloser_org, disclosure.recipient_org)
    facts = file.facts
    return disclosure.approval_ids == pair and named == (
        file.request.request_id,
        facts.holder_org,
        facts.requester_org,
    )
