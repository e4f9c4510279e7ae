"""The federation agreement: who is a member, with which keys, under which recipe, bars and caps.

Layer: crypto. One JSON document signed by the governance key that every node pins; the only source of
members' keys, so the coordinator cannot introduce a member or swap a key. Rules: parsed strictly
(unknown fields refused), of this federation, valid now, and never older than the last one accepted.
Whether the schema has the stated digest is checked where the schema is loaded to encode with it.

Threat: a coordinator that adds a member of its own, replays an agreement with a member who has left, or
lowers a bar; a document that two readers understand differently.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from crypto.canonical import canonical_bytes, canonical_digest, format_time, parse_json, parse_time
from crypto.errors import InputError, VerificationError
from crypto.keyfile import parse_raw_public_key
from crypto.pki import FEDERATION_NAME, MEMBER_NAME, Role
from crypto.signing import SigningDomain, SigningKey, sign_statement, verify_statement
from crypto.strict import check_positive, check_ratio, check_text, parse_exact_fields

MAX_AGREEMENT_BYTES = 1 << 20
"""1 MiB: a thousand members and their schema fit; read before any signature is checked, so bounded."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far in the future an agreement may be issued: two sites' clocks, not a document prepared early."""

_AGENCY_TYPE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOG_ORIGIN = re.compile(r"[!-*,-~]{1,255}")
_MAX_DISPLAY_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its name in certificates, its kind of agency, and the keys others use for it.

    Args:
        name: As in its certificate's URI, for example ``west-mercia``.
        display_name: For people, for example ``West Mercia Police``.
        role: Force or partner.
        agency_type: Code that breadth counts distinct values of (DOMAIN F12), for example ``POLICE``.
        hpke_public_key: Base64 raw X25519 key that others seal to.
        signing_public_key: Base64 raw Ed25519 key of its node.

    Raises:
        InputError: A field is not of its form.
    """

    name: str
    display_name: str
    role: Role
    agency_type: str
    hpke_public_key: str
    signing_public_key: str

    def __post_init__(self) -> None:
        check_text(self.name, MEMBER_NAME, name="a member's name", form="lower case such as west-mercia")
        check_text(self.agency_type, _AGENCY_TYPE, name="agency_type", form="a code such as SOCIAL_CARE")
        if not isinstance(self.display_name, str) or not self.display_name.isprintable():
            raise InputError(f"expected a printable display_name for member {self.name}, got another value")
        if not 1 <= len(self.display_name) <= _MAX_DISPLAY_CHARACTERS:
            raise InputError(
                f"expected a display_name of 1 to {_MAX_DISPLAY_CHARACTERS} characters for {self.name}"
            )
        if self.role not in (Role.FORCE, Role.PARTNER):
            raise InputError(f"expected member {self.name} to be a force or a partner, got another role")
        parse_raw_public_key(self.hpke_public_key, name=f"the HPKE public key of {self.name}")
        parse_raw_public_key(self.signing_public_key, name=f"the signing public key of {self.name}")

    def to_body(self) -> dict[str, Any]:
        """Return the member as JSON."""
        return {
            "name": self.name,
            "display_name": self.display_name,
            "role": self.role.value,
            "agency_type": self.agency_type,
            "hpke_public_key": self.hpke_public_key,
            "signing_public_key": self.signing_public_key,
        }


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The bars and caps that members agreed; a node enforces them against the coordinator.

    Args:
        candidate_similarity_floor: Dice similarity from which a pair is a candidate pair, in (0, 1].
        summary_probability: Probability from which a score summary is released (0.80, DOMAIN 2.4).
        routine_probability: Probability from which a routine request is eligible (0.95, P-05).
        routine_score: Score if true from which a routine request is eligible, 0 to 100 (60, P-05).
        max_summary_share: Share of its records for which a node answers summaries in one round, in
            (0, 1]; a coordinator that calls everyone a match is refused.

    Raises:
        InputError: A number out of range, or a routine bar under the summary bar.
    """

    candidate_similarity_floor: float
    summary_probability: float
    routine_probability: float
    routine_score: float
    max_summary_share: float

    def __post_init__(self) -> None:
        for name in (
            "candidate_similarity_floor",
            "summary_probability",
            "routine_probability",
            "max_summary_share",
        ):
            check_ratio(getattr(self, name), name=name)
        check_ratio(self.routine_score, name="routine_score", largest=100.0)
        if self.routine_probability < self.summary_probability:
            raise InputError("expected routine_probability to be at least summary_probability, got less")

    def to_body(self) -> dict[str, float]:
        """Return the thresholds as JSON."""
        return {name: float(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What every party of the federation works under; hold one only from :func:`verify_agreement`.

    Args:
        federation: Name of the federation.
        version: From 1, rising with every agreement.
        issued_at: Aware UTC time, whole milliseconds.
        expires_at: Aware UTC time after which nobody works under it.
        members: In the order of the document; names and keys are unique.
        custodian: Name of the member that makes linkage keys.
        key_epoch: Generation of the linkage key, from 1; rises when a member leaves.
        schema: The linkage schema as JSON.
        schema_digest: Hex digest of the schema with everything else that shapes encodings.
        weights_version: Hex digest of the offence weights.
        log_public_key: Base64 raw Ed25519 key of the coordinator's log.
        log_origin: Name of that log in its checkpoints.
        thresholds: Bars and caps.

    Raises:
        InputError: A field is not of its form, or two fields contradict each other.
    """

    federation: str
    version: int
    issued_at: datetime
    expires_at: datetime
    members: tuple[Member, ...]
    custodian: str
    key_epoch: int
    schema: Mapping[str, Any]
    schema_digest: str
    weights_version: str
    log_public_key: str
    log_origin: str
    thresholds: Thresholds

    def __post_init__(self) -> None:
        check_text(
            self.federation, FEDERATION_NAME, name="federation", form="lower case such as east.example"
        )
        check_positive(self.version, name="version")
        check_positive(self.key_epoch, name="key_epoch")
        if parse_time(format_time(self.expires_at)) <= parse_time(format_time(self.issued_at)):
            raise InputError("expected expires_at after issued_at, got a time at or before it")
        _check_members(self.members, self.custodian)
        if not isinstance(self.schema, Mapping):
            raise InputError("expected schema to be a linkage schema as a JSON object, got another type")
        check_text(self.schema_digest, _DIGEST, name="schema_digest", form="64 hex digits")
        check_text(self.weights_version, _DIGEST, name="weights_version", form="64 hex digits")
        parse_raw_public_key(self.log_public_key, name="the log's public key")
        check_text(self.log_origin, _LOG_ORIGIN, name="log_origin", form="visible ASCII without plus")

    def to_body(self) -> dict[str, Any]:
        """Return the agreement as the JSON that is signed."""
        return {
            "federation": self.federation,
            "version": self.version,
            "issued_at": format_time(self.issued_at),
            "expires_at": format_time(self.expires_at),
            "members": [member.to_body() for member in self.members],
            "custodian": self.custodian,
            "key_epoch": self.key_epoch,
            "schema": dict(self.schema),
            "schema_digest": self.schema_digest,
            "weights_version": self.weights_version,
            "log_public_key": self.log_public_key,
            "log_origin": self.log_origin,
            "thresholds": self.thresholds.to_body(),
        }

    @property
    def digest(self) -> str:
        """Hex digest of the signed statement, as :func:`crypto.signing.statement_digest` of its envelope."""
        return canonical_digest({"domain": SigningDomain.AGREEMENT.value, "body": self.to_body()})

    def find_member(self, name: str) -> Member | None:
        """Return the member of this name, or nothing."""
        return next((member for member in self.members if member.name == name), None)

    def get_member(self, name: str) -> Member:
        """Return the member of this name; raise :class:`InputError` when the agreement has none."""
        member = self.find_member(name)
        if member is None:
            raise InputError(
                f"expected a member of agreement version {self.version}, got a name it does not list"
            )
        return member


def parse_agreement(body: Mapping[str, Any]) -> Agreement:
    """Parse the body of an agreement, strictly.

    Raises:
        InputError: A field is missing, unknown or not of its form; the message names the field.
    """
    values = parse_exact_fields(body, Agreement, what="an agreement")
    if not isinstance(values["members"], list):
        raise InputError("expected members to be a list, got another type")
    values["members"] = tuple(_parse_member(member) for member in values["members"])
    values["thresholds"] = Thresholds(
        **parse_exact_fields(values["thresholds"], Thresholds, what="thresholds")
    )
    values["issued_at"] = parse_time(values["issued_at"])
    values["expires_at"] = parse_time(values["expires_at"])
    return Agreement(**values)


def sign_agreement(governance_key: SigningKey, agreement: Agreement) -> bytes:
    """Return the canonical bytes of the signed agreement: the file that is published and pinned."""
    return canonical_bytes(sign_statement(governance_key, SigningDomain.AGREEMENT, agreement.to_body()))


def verify_agreement(
    envelope_bytes: bytes,
    governance_public_key: str,
    *,
    federation: str,
    now: datetime,
    newer_than_or_equal: int,
) -> Agreement:
    """Return the agreement in a signed document that this party may work under now.

    A second document with the version already held verifies too; a caller that holds one compares
    digests, because two agreements of one version mean that governance signed both.

    Args:
        envelope_bytes: Untrusted, from the coordinator or a file, as :func:`sign_agreement` wrote it.
        governance_public_key: Base64 raw Ed25519 key that this party pinned when it was set up.
        federation: The federation this party belongs to.
        now: Aware time.
        newer_than_or_equal: Version last accepted, 0 when none: an older one is a rollback.

    Raises:
        InputError: Not a canonical JSON document, or signed but malformed.
        VerificationError: Wrong key or domain, altered, of another federation, not yet valid, expired,
            or a rollback.
    """
    body = verify_statement(_parse_document(envelope_bytes), SigningDomain.AGREEMENT, governance_public_key)
    agreement = parse_agreement(body)
    if agreement.federation != federation:
        raise VerificationError(f"expected an agreement of {federation}, got one of {agreement.federation}")
    _check_validity(agreement, now)
    if agreement.version < newer_than_or_equal:
        raise VerificationError(
            f"expected agreement version {newer_than_or_equal} or later, got version {agreement.version}; "
            "an older agreement is never taken back"
        )
    return agreement


def _parse_document(data: bytes) -> Mapping[str, Any]:
    if len(data) > MAX_AGREEMENT_BYTES:
        raise InputError(f"expected an agreement of at most {MAX_AGREEMENT_BYTES} bytes, got {len(data)}")
    envelope: Mapping[str, Any] = parse_json(data)
    if canonical_bytes(envelope) != data:
        raise InputError(
            "expected the agreement in canonical JSON, as it was signed; fetch the original file"
        )
    return envelope


def _check_validity(agreement: Agreement, now: datetime) -> None:
    if agreement.issued_at > now + CLOCK_SKEW:
        raise VerificationError(
            f"expected an agreement issued by now, got one issued at {format_time(agreement.issued_at)}; "
            "check the clock"
        )
    if now >= agreement.expires_at:
        raise VerificationError(
            f"expected an agreement valid now, got one expired at {format_time(agreement.expires_at)}; "
            "ask governance for a new one"
        )


def _parse_member(value: object) -> Member:
    values = parse_exact_fields(value, Member, what="a member")
    try:
        values["role"] = Role(values["role"])
    except ValueError as error:
        raise InputError("expected the role of a member to be force or partner, got another value") from error
    return Member(**values)


def _check_members(members: tuple[Member, ...], custodian: str) -> None:
    for what in ("name", "hpke_public_key", "signing_public_key"):
        if len({getattr(member, what) for member in members}) != len(members):
            raise InputError(f"expected every member to have its own {what}, got one twice")
    if not any(member.name == custodian for member in members):
        raise InputError("expected the custodian to be a member, got another name")
