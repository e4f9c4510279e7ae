"""A person's credential: the member says which public key speaks for which of its officers.

Layer: crypto. Issued by the member's node signing key, which the governance-signed agreement names, so
the other side can check a request or an approval down to the person without trusting the coordinator.
People are opaque ids chosen by their organisation, never names.

Threat: a coordinator or an outsider that invents an approver; a person acting for another organisation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crypto.canonical import format_time, parse_time
from crypto.errors import VerificationError
from crypto.keyfile import parse_raw_public_key
from crypto.pki import MEMBER_NAME
from crypto.signing import SigningDomain, SigningKey, sign_statement, verify_statement
from crypto.strict import check_text, parse_exact_fields

PERSON_ID_PATTERN = re.compile(r"(?=.{3,64}\Z)[a-z][a-z0-9]{0,39}(-[a-z0-9]{1,40}){1,6}")
"""One spelling for each person, which the log takes too (:mod:`crypto.log.entry`)."""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_ -]{1,40}")


@dataclass(frozen=True, slots=True)
class Credential:
    """Who a person's signing key belongs to, in the words of their organisation.

    Args:
        person_id: Opaque id within the federation, for example ``essex-di-07``.
        organisation: Name of the issuing member, for example ``essex``.
        role: Code of what the person does in governance (DOMAIN 4.2), for example ``INSPECTOR_PVP``.
        rank: Code of the rank or grade, for example ``inspector``.
        public_key: Base64 raw Ed25519 key of the person.
        issued_at: Aware UTC time.

    Raises:
        InputError: A field is not of its form.
    """

    person_id: str
    organisation: str
    role: str
    rank: str
    public_key: str
    issued_at: datetime

    def __post_init__(self) -> None:
        check_text(
            self.person_id,
            PERSON_ID_PATTERN,
            name="person_id of a credential",
            form="an opaque id such as essex-di-07",
        )
        check_text(
            self.organisation,
            MEMBER_NAME,
            name="organisation of a credential",
            form="a member name such as west-mercia",
        )
        check_text(self.role, _CODE, name="role of a credential", form="a code such as INSPECTOR_PVP")
        check_text(self.rank, _CODE, name="rank of a credential", form="a code such as inspector")
        parse_raw_public_key(self.public_key, name="the person's public key")
        format_time(self.issued_at)

    def to_body(self) -> dict[str, Any]:
        """Return the JSON that is signed."""
        return {
            "person_id": self.person_id,
            "organisation": self.organisation,
            "role": self.role,
            "rank": self.rank,
            "public_key": self.public_key,
            "issued_at": format_time(self.issued_at),
        }


def parse_credential(body: Mapping[str, Any]) -> Credential:
    """Parse the body of a credential.

    Raises:
        InputError: Missing or unknown fields, or a value that is not of its form.
    """
    values = parse_exact_fields(body, Credential, what="a credential")
    values["issued_at"] = parse_time(values["issued_at"])
    return Credential(**values)


def issue_credential(node_key: SigningKey, credential: Credential) -> dict[str, Any]:
    """Return the signed envelope of a credential, made by the member's node."""
    return sign_statement(node_key, SigningDomain.CREDENTIAL, credential.to_body())


def verify_credential(
    envelope: Mapping[str, Any], member_signing_public_key: str, *, organisation: str
) -> Credential:
    """Return the credential that this member issued for one of its own people.

    Args:
        envelope: Untrusted, already parsed from JSON.
        member_signing_public_key: Base64 raw key of the member, from the signed agreement.
        organisation: Name of that member in the agreement.

    Raises:
        VerificationError: The signature does not verify, or it speaks for another organisation.
        InputError: Signed by the member, but not a well-formed credential.
    """
    body = verify_statement(envelope, SigningDomain.CREDENTIAL, member_signing_public_key)
    credential = parse_credential(body)
    if credential.organisation != organisation:
        raise VerificationError(
            f"expected a credential for a person of {organisation}, got one for {credential.organisation}; "
            "a member can vouch for its own people only"
        )
    return credential
