"""One entry of the log: who did what, when, under which rules, with what result, and no more.

Layer: crypto. The body follows `audit_event` of `../shared/data/governance_schema.csv`. What is
logged is the RFC 8785 form of a statement signed by the actor's organisation. Two of the schema's
fields are not in the body: the log assigns `leaf_index` when it appends, which is after signing, and
`client_cert_fp` is what the coordinator saw on the connection, which the signer cannot vouch for; the
coordinator keeps both beside the entry.

Rules: every field is a code, an opaque id, a time or a salted commitment of capped length; there is
no free text, and unknown fields are refused. A log that can never be erased may hold no personal
data: once the owner erases a salt, its commitment says nothing.
Threat answered: personal data carried into the log in a free field, and entries that two readers
read differently.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from crypto.canonical import Json, canonical_bytes, format_time, parse_json, parse_time
from crypto.errors import InputError, VerificationError
from crypto.signing import SigningDomain, SigningKey, sign_statement, verify_statement

MAX_ENTRY_BYTES = 8 * 1024  # A full entry with its envelope is under 4 KiB.
MAX_RECIPIENTS = 16
MAX_POLICY_RULES = 32
MIN_SALT_BYTES = 16
MAX_SALT_BYTES = 64  # HMAC-SHA-256 hashes a longer key, which two salts could then share.

_COMMITMENT_LABEL = b"clew/log-commitment/v1\n"

_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_OPAQUE_ID = r"(?=.{2,64}\Z)[a-z][a-z0-9]{0,39}(?:-[a-z0-9]{1,40}){0,6}"
_VERSION = (
    r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?:(?:a|b|rc)[0-9]{1,3})?(?:\.dev[0-9]{1,4})?(?:\+[0-9a-f]{7,40})?"
)

# The form of every text field, and the words that a refusal uses for it.
_FORMS = {
    "event_id": (re.compile(_ULID), "a ULID of 26 upper-case characters"),
    "actor_id": (re.compile(_OPAQUE_ID), "an opaque id such as essex-4471, 2 to 64 characters"),
    "actor_org": (re.compile(r"[a-z][a-z0-9-]{1,40}"), "a member name such as west-mercia"),
    "recipient_ids": (re.compile(_OPAQUE_ID), "opaque ids such as essex-4471, 2 to 64 characters each"),
    "justification_code": (re.compile(r"[A-Z][A-Z0-9_]{1,47}"), "a code of A-Z, 0-9 and underscore"),
    "object_ref": (re.compile(r"[0-9a-f]{64}"), "a salted commitment of 64 hex characters"),
    "request_ref": (
        re.compile(rf"(?:{_UUID}|{_ULID}|[0-9a-f]{{16,64}})?"),
        "a request id (UUID, ULID or hex) or nothing",
    ),
    "policy_rule_ids": (re.compile(r"P-[0-9]{2}"), "rule ids such as P-05"),
    "software_version": (re.compile(_VERSION), "a version such as 0.1.0"),
}
_LIST_FIELDS = frozenset({"recipient_ids", "policy_rule_ids"})


class EventType(StrEnum):
    """What happened; the first six are those of the Data Protection Act 2018 section 62(1)."""

    COLLECTION = "COLLECTION"
    ALTERATION = "ALTERATION"
    CONSULTATION = "CONSULTATION"
    DISCLOSURE = "DISCLOSURE"
    COMBINATION = "COMBINATION"
    ERASURE = "ERASURE"
    AUTHN = "AUTHN"
    POLICY_DENY = "POLICY_DENY"
    APPROVAL = "APPROVAL"
    BREAK_GLASS = "BREAK_GLASS"
    REVIEW = "REVIEW"
    CONFIG_CHANGE = "CONFIG_CHANGE"
    KEY_ROTATION = "KEY_ROTATION"


class EventResult(StrEnum):
    """How it ended."""

    OK = "OK"
    DENIED = "DENIED"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One audit event, valid by construction.

    Args:
        event_id: ULID, unique over the log.
        event_type: What happened.
        at: When, aware; kept in UTC to the millisecond.
        actor_id: Opaque id of the person or service that acted; never a name.
        actor_org: Name of the member, or ``coordinator``, whose key signs the entry.
        recipient_ids: Opaque ids of who received data; at least one on a DISCLOSURE (s.62(3)(b)(ii)).
        justification_code: Code of the purpose or process, for example ``SAFEGUARD_PUBLIC_SECURITY``.
        object_ref: Salted commitment to what was acted on, from :func:`commitment`.
        request_ref: Request id (UUID, ULID or hex), or empty when there is no request.
        policy_rule_ids: Ids such as ``P-05`` of the rules that fired; may be empty.
        result: How it ended; a POLICY_DENY is always DENIED.
        software_version: Version of the software that acted, for example ``0.1.0``.

    Raises:
        InputError: A field is not of its form. The message names the field, never the value.

    Source: DOMAIN section 4.2 and `audit_event` of the governance schema.
    """

    event_id: str
    event_type: EventType
    at: datetime
    actor_id: str
    actor_org: str
    recipient_ids: tuple[str, ...]
    justification_code: str
    object_ref: str
    request_ref: str
    policy_rule_ids: tuple[str, ...]
    result: EventResult
    software_version: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", parse_time(format_time(self.at)))
        for field in _FORMS:
            if field not in _LIST_FIELDS:
                _check_form(field, getattr(self, field))
        _check_list("recipient_ids", self.recipient_ids, limit=MAX_RECIPIENTS)
        _check_list("policy_rule_ids", self.policy_rule_ids, limit=MAX_POLICY_RULES)
        if self.event_type is EventType.DISCLOSURE and not self.recipient_ids:
            raise InputError("expected at least one of recipient_ids on a DISCLOSURE, got none")
        if self.event_type is EventType.POLICY_DENY and self.result is not EventResult.DENIED:
            raise InputError("expected the result DENIED on a POLICY_DENY, got another")

    def to_body(self) -> dict[str, Any]:
        """Return the JSON body that the actor's organisation signs."""
        return {
            "event_id": self.event_id,
            "event_type": self.event_type.value,
            "at": format_time(self.at),
            "actor_id": self.actor_id,
            "actor_org": self.actor_org,
            "recipient_ids": list(self.recipient_ids),
            "justification_code": self.justification_code,
            "object_ref": self.object_ref,
            "request_ref": self.request_ref,
            "policy_rule_ids": list(self.policy_rule_ids),
            "result": self.result.value,
            "software_version": self.software_version,
        }


_FIELDS = frozenset(field.name for field in fields(LogEntry))


def parse_entry(body: Mapping[str, object]) -> LogEntry:
    """Parse the untrusted body of a log entry; its signature is checked elsewhere.

    Raises:
        InputError: A field is missing, unknown or not of its form. The message names the field,
            never the value.
    """
    unknown = len(body.keys() - _FIELDS)
    missing = sorted(_FIELDS - body.keys())
    if unknown or missing:
        raise InputError(
            f"expected exactly the {len(_FIELDS)} fields of a log entry, "
            f"got {unknown} unknown and these missing: {', '.join(missing) or 'none'}"
        )
    return LogEntry(
        event_id=_parse_text(body, "event_id"),
        event_type=_parse_choice(body, "event_type", EventType),
        at=parse_time(_parse_text(body, "at")),
        actor_id=_parse_text(body, "actor_id"),
        actor_org=_parse_text(body, "actor_org"),
        recipient_ids=_parse_texts(body, "recipient_ids"),
        justification_code=_parse_text(body, "justification_code"),
        object_ref=_parse_text(body, "object_ref"),
        request_ref=_parse_text(body, "request_ref"),
        policy_rule_ids=_parse_texts(body, "policy_rule_ids"),
        result=_parse_choice(body, "result", EventResult),
        software_version=_parse_text(body, "software_version"),
    )


def sign_entry(entry: LogEntry, key: SigningKey) -> bytes:
    """Return the bytes to log: the entry in a statement signed by its organisation's key."""
    return canonical_bytes(sign_statement(key, SigningDomain.LOG_ENTRY, entry.to_body()))


def verify_entry(data: bytes, public_keys: Mapping[str, str]) -> LogEntry:
    """Return the entry of untrusted logged bytes, once its own organisation provably signed it.

    Args:
        data: Bytes to be logged or read back from the log.
        public_keys: Signing key (base64) of each organisation that may write, from the agreement.

    Raises:
        InputError: The bytes are oversize, not canonical JSON, or hold no well-formed entry.
        VerificationError: The organisation has no key here, or its signature does not verify.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise InputError(f"expected a log entry of at most {MAX_ENTRY_BYTES} bytes, got {len(data)}")
    envelope = parse_json(data)
    body = envelope.get("body") if isinstance(envelope, dict) else None
    if not isinstance(body, dict):
        raise InputError("expected a log entry that is a signed statement with a body")
    entry = parse_entry(body)
    if entry.actor_org not in public_keys:
        raise VerificationError("expected a log entry of an organisation of the agreement, got another's")
    verify_statement(envelope, SigningDomain.LOG_ENTRY, public_keys[entry.actor_org])
    if canonical_bytes(envelope) != data:
        raise InputError("expected a log entry in canonical JSON, got another spelling of it")
    return entry


def commitment(salt: bytes, value: Json) -> str:
    """Return a salted commitment to a JSON value as 64 hex characters, for `object_ref`.

    Whoever holds the salt and the value can show what the entry was about. Once its owner erases the
    salt, when retention ends, no guess at the value can be tested against the log any more.

    Args:
        salt: 16 to 64 random bytes, fresh for each commitment, kept by the owner of the object.
        value: What is committed to.

    Raises:
        InputError: The salt is too short or too long, or the value is not JSON.
    """
    if not MIN_SALT_BYTES <= len(salt) <= MAX_SALT_BYTES:
        raise InputError(f"expected a salt of {MIN_SALT_BYTES} to {MAX_SALT_BYTES} bytes, got {len(salt)}")
    return hmac.new(salt, _COMMITMENT_LABEL + canonical_bytes(value), hashlib.sha256).hexdigest()


def verify_commitment(object_ref: str, *, salt: bytes, value: Json) -> None:
    """Check that an entry's `object_ref` commits to this value under this salt.

    Raises:
        VerificationError: It commits to something else.
        InputError: The salt is too short or too long, or the value is not JSON.
    """
    if not hmac.compare_digest(commitment(salt, value).encode(), object_ref.encode()):
        raise VerificationError("the commitment in the log entry does not open to this value and salt")


def _check_form(field: str, value: str) -> None:
    pattern, expected = _FORMS[field]
    if not pattern.fullmatch(value):
        raise InputError(f"expected {field} to be {expected}, got another form")


def _check_list(field: str, values: tuple[str, ...], *, limit: int) -> None:
    if len(values) > limit:
        raise InputError(f"expected at most {limit} of {field}, got {len(values)}")
    if len(set(values)) != len(values):
        raise InputError(f"expected each of {field} once, got one repeated")
    for value in values:
        _check_form(field, value)


def _parse_text(body: Mapping[str, object], field: str) -> str:
    value = body[field]
    if not isinstance(value, str):
        raise InputError(f"expected {field} to be text, got another type")
    return value


def _parse_texts(body: Mapping[str, object], field: str) -> tuple[str, ...]:
    values = body[field]
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise InputError(f"expected {field} to be a list of texts, got another type")
    return tuple(values)


_Choice = TypeVar("_Choice", bound=StrEnum)


def _parse_choice(body: Mapping[str, object], field: str, choices: type[_Choice]) -> _Choice:
    value = body[field]
    if not isinstance(value, str) or value not in choices.__members__:
        raise InputError(f"expected {field} to be one of {', '.join(choices)}")
    return choices(value)
