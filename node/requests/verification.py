"""Signed statements of people, verified down from the governance key.

Layer: node, pure. The agreement names each member's signing key, that key vouches for a person's key,
and that key signed the statement. Everything that is stored is verified again whenever it is used, so a
change in the database is caught like a change on the way. Whether the people fit what they signed is for
the rules (DOMAIN P-02).
"""

from collections.abc import Mapping
from typing import Any

from crypto.agreement import Member
from crypto.canonical import canonical_bytes, parse_json
from crypto.credential import Credential, verify_credential
from crypto.errors import VerificationError
from crypto.signing import SigningDomain, sign_statement, verify_statement
from node.requests.case import SignedBy
from node.requests.desk import Signatory
from scoring.policy.approval import parse_approval
from scoring.policy.case_file import SignedApproval
from scoring.policy.disclosure import Disclosure, parse_disclosure
from scoring.policy.request import ReidRequest, parse_request


def sign_as(person: Signatory, domain: SigningDomain, body: Mapping[str, Any]) -> SignedBy:
    """Return a statement signed with a person's own key."""
    return SignedBy(canonical_bytes(sign_statement(person.key, domain, body)), person.envelope)


def verify_request(signed: SignedBy, member: Member) -> tuple[ReidRequest, Credential]:
    """Return a request and the person of this member who signed it.

    Raises:
        VerificationError: The credential is another member's, or a signature does not verify.
        InputError: The request is malformed.
    """
    body, requester = _verify(signed, SigningDomain.REQUEST, member)
    return parse_request(body), requester


def verify_approval(signed: SignedBy, member: Member) -> SignedApproval:
    """Return an approval with the person of this member who signed it; raises as verify_request does."""
    body, approver = _verify(signed, SigningDomain.APPROVAL, member)
    return SignedApproval(parse_approval(body), approver)


def verify_disclosure(signed: SignedBy, member: Member) -> tuple[Disclosure, Credential]:
    """Return a disclosure with the person of this member who released it; raises as verify_request does."""
    body, discloser = _verify(signed, SigningDomain.DISCLOSURE, member)
    disclosure = parse_disclosure(body)
    if (disclosure.discloser_org, disclosure.discloser_person_id) != (member.name, discloser.person_id):
        raise VerificationError("expected a disclosure signed by the discloser it names, got another's")
    return disclosure, discloser


def pack(signed: SignedBy) -> dict[str, Any]:
    """Return a signed statement and its credential as JSON for a sealed message."""
    return {"statement": parse_json(signed.statement), "credential": parse_json(signed.credential)}


def unpack(content: Mapping[str, Any], name: str) -> SignedBy:
    """Return what :func:`pack` put under a name; nothing in it is verified yet."""
    packed = content.get(name)
    if not isinstance(packed, dict) or set(packed) != {"statement", "credential"}:
        raise VerificationError(f"expected a message with a signed {name} and its credential")
    return SignedBy(canonical_bytes(packed["statement"]), canonical_bytes(packed["credential"]))


def _verify(signed: SignedBy, domain: SigningDomain, member: Member) -> tuple[dict[str, Any], Credential]:
    credential = verify_credential(
        parse_json(signed.credential), member.signing_public_key, organisation=member.name
    )
    return verify_statement(parse_json(signed.statement), domain, credential.public_key), credential
