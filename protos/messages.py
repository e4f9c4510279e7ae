"""Every message on the wire as a frozen, validated domain object.

Layer: protos. One dataclass per protobuf message, with the same name and field names, so that
:mod:`protos.conversion` can translate by structure; ``protos/clew/v1/*.proto`` documents each field.
Validation happens at construction, so an object that exists is well formed: a peer's malformed bytes
never get further than the conversion.
"""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crypto.errors import InputError
from crypto.pki import Role
from scoring.risk.areas import AgencyType, ThreatArea
from scoring.risk.buckets import AgeBucket, EventsBucket

RESERVED_NAMES = ("coordinator", "operator", "service")  # they name other parties in certificates and the log
TOKEN_BYTES = 16  # record tokens and match handles: 128 random bits cannot be guessed or collide
INVITATION_SECRET_BYTES = 32
MAX_CHUNK_RECORDS = 8_192  # with 1,024-bit encodings about 1.2 MiB, below the message limit
MAX_VIEWS = 64  # several times the views of any schema; bounds what a peer can name
MAX_RESOLUTION_ROWS = 65_536  # rows in one page or batch: 1 to 1.5 MiB, below the message limit
MAX_DOCUMENT_BYTES = 1 << 20  # an agreement of a hundred members is far smaller
MAX_SEALED_BYTES = 256 << 10  # the largest request or disclosure with full texts is far smaller
MAX_ACKNOWLEDGED = 500  # far more than one fetch hands out; bounds one database statement
MAX_LOG_ENTRY_BYTES = 8 << 10  # entries hold codes and commitments only
MAX_LOG_SIZE = 1 << 53  # positions stay exact in JSON and fit a database integer
MAX_LOG_RANGE = 500  # entries of one audit page; keeps an answer below the message limit

_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}")
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


def split_tokens(tokens: bytes) -> list[bytes]:
    """Return concatenated tokens one by one."""
    return [tokens[i : i + TOKEN_BYTES] for i in range(0, len(tokens), TOKEN_BYTES)]


def _require(condition: bool, field: str, expected: str) -> None:
    if not condition:
        raise InputError(f"field {field}: expected {expected}")


def _require_uuid(value: str, field: str) -> None:
    try:
        well_formed = str(uuid.UUID(value)) == value
    except ValueError:
        well_formed = False
    _require(well_formed, field, "a UUID in lower-case text form")


def _require_name(value: str, field: str = "member") -> None:
    _require(_NAME.fullmatch(value) is not None, field, "2 to 41 of a-z, 0-9 and '-', starting with a letter")


def _require_digest(value: str, field: str) -> None:
    _require(_HEX_DIGEST.fullmatch(value) is not None, field, "64 lower-case hexadecimal digits")


def _require_token(value: bytes, field: str) -> None:
    _require(len(value) == TOKEN_BYTES, field, f"{TOKEN_BYTES} bytes")


class EnrolmentState(StrEnum):
    """Where an enrolment stands."""

    INVITED = "INVITED"
    PENDING = "PENDING"
    APPROVED = "APPROVED"


class RoundState(StrEnum):
    """Where a linkage round stands."""

    OPEN = "OPEN"
    MATCHING = "MATCHING"
    RESOLVING = "RESOLVING"
    LINKING = "LINKING"
    ASSESSING = "ASSESSING"
    PUBLISHED = "PUBLISHED"
    CLOSED = "CLOSED"
    FAILED = "FAILED"


class RelayKind(StrEnum):
    """What a sealed message between members is."""

    KEY_SHARE = "KEY_SHARE"
    REQUEST = "REQUEST"
    RULING = "RULING"
    DISCLOSURE = "DISCLOSURE"


@dataclass(frozen=True, slots=True)
class Nothing:
    """A question or an answer with nothing in it."""


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """Canonical bytes of a signed statement, exactly as signed."""

    envelope: bytes

    def __post_init__(self) -> None:
        _require(0 < len(self.envelope) <= MAX_DOCUMENT_BYTES, "envelope", f"1 to {MAX_DOCUMENT_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class RoundReference:
    """Names one linkage round."""

    round_id: str

    def __post_init__(self) -> None:
        _require_uuid(self.round_id, "round_id")


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many items of a request are durable at the receiver."""

    count: int


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """A signing request and public keys presented with a one-time invitation."""

    member: str
    invitation_secret: bytes
    signing_request_pem: bytes
    hpke_public_key: str
    signing_public_key: str

    def __post_init__(self) -> None:
        _require_name(self.member)
        _require(
            len(self.invitation_secret) == INVITATION_SECRET_BYTES,
            "invitation_secret",
            f"{INVITATION_SECRET_BYTES} bytes",
        )
        _require(len(self.signing_request_pem) <= 8192, "signing_request_pem", "at most 8192 bytes")
        _require(len(self.hpke_public_key) == 44, "hpke_public_key", "base64 of 32 bytes")
        _require(len(self.signing_public_key) == 44, "signing_public_key", "base64 of 32 bytes")

    def __repr__(self) -> str:
        return f"EnrolRequest(member={self.member!r})"


@dataclass(frozen=True, slots=True)
class EnrolResponse:
    """The operator's decision so far, with the certificate once there is one."""

    state: EnrolmentState
    certificate_pem: bytes


@dataclass(frozen=True, slots=True)
class InvitationRequest:
    """Whom to invite, as what, for how long."""

    member: str
    display_name: str
    role: Role
    agency_type: str
    valid_for_h: int

    def __post_init__(self) -> None:
        _require_name(self.member)
        _require(1 <= len(self.display_name) <= 100, "display_name", "1 to 100 characters")
        _require(self.role in (Role.FORCE, Role.PARTNER), "role", "FORCE or PARTNER")
        _require(self.agency_type in set(AgencyType), "agency_type", f"one of {', '.join(AgencyType)}")
        _require(
            self.member not in RESERVED_NAMES, "member", f"a name other than {', '.join(RESERVED_NAMES)}"
        )
        is_police = self.agency_type == AgencyType.POLICE
        _require(is_police == (self.role is Role.FORCE), "agency_type", "POLICE for a force and only for one")
        _require(1 <= self.valid_for_h <= 24 * 30, "valid_for_h", "1 to 720 hours")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time invitation; the coordinator keeps only the secret's hash."""

    member: str
    secret: bytes
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Invitation(member={self.member!r})"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One organisation's enrolment as the operator sees it."""

    member: str
    display_name: str
    role: Role
    agency_type: str
    state: EnrolmentState
    fingerprint: str
    hpke_public_key: str
    signing_public_key: str


@dataclass(frozen=True, slots=True)
class Enrolments:
    """Every organisation invited so far."""

    enrolments: tuple[Enrolment, ...]


@dataclass(frozen=True, slots=True)
class EnrolmentApproval:
    """The operator's statement that the fingerprints agree."""

    member: str
    fingerprint: str

    def __post_init__(self) -> None:
        _require_name(self.member)


@dataclass(frozen=True, slots=True)
class RoundOpening:
    """How long each stage of a new round may take, in seconds."""

    submit_for_s: int
    resolve_for_s: int
    assess_for_s: int
    collect_for_s: int

    def __post_init__(self) -> None:
        for field in ("submit_for_s", "resolve_for_s", "assess_for_s", "collect_for_s"):
            _require(1 <= getattr(self, field) <= 24 * 3600, field, "1 second to 24 hours")


@dataclass(frozen=True, slots=True)
class MemberProgress:
    """One member's progress in a round."""

    member: str
    records: int
    submitted: bool
    answered: bool
    collected: bool
    rows_asked: int = 0
    records_resolved: int = 0
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """A round's progress in counts only."""

    round_id: str
    number: int
    state: RoundState
    members: tuple[MemberProgress, ...]
    candidate_pairs: int
    clusters: int
    failure: str


@dataclass(frozen=True, slots=True)
class RoundAnnouncement:
    """What a member needs to know to take part in a round."""

    round_id: str
    number: int
    state: RoundState
    role_view: str
    agreement_digest: str
    schema_digest: str
    weights_version: str
    key_epoch: int
    opened_at: datetime
    submit_until: datetime

    def __post_init__(self) -> None:
        _require_uuid(self.round_id, "round_id")
        _require(self.role_view == "PERPETRATOR", "role_view", "PERPETRATOR")
        for field in ("agreement_digest", "schema_digest", "weights_version"):
            _require_digest(getattr(self, field), field)


@dataclass(frozen=True, slots=True)
class SubmissionHeader:
    """What is about to be uploaded, under which digests and key epoch."""

    round_id: str
    schema_digest: str
    agreement_digest: str
    key_epoch: int
    record_count: int
    content_digest: str
    batch: int = 0

    def __post_init__(self) -> None:
        _require_uuid(self.round_id, "round_id")
        for field in ("schema_digest", "agreement_digest", "content_digest"):
            _require_digest(getattr(self, field), field)


@dataclass(frozen=True, slots=True)
class SubmissionChunk:
    """Some rows of one view: tokens, block tokens and encodings, concatenated in the same order."""

    index: int
    tokens: bytes
    encodings: bytes
    view: int = 0
    blocks: bytes = b""

    def __post_init__(self) -> None:
        _require(self.view < MAX_VIEWS, "chunk.view", f"0 to {MAX_VIEWS - 1}")
        count, rest = divmod(len(self.tokens), TOKEN_BYTES)
        _require(rest == 0 and count > 0, "chunk.tokens", f"a multiple of {TOKEN_BYTES} bytes, not empty")
        _require(count <= MAX_CHUNK_RECORDS, "chunk.tokens", f"at most {MAX_CHUNK_RECORDS} records")
        _require(
            len(self.encodings) % count == 0, "chunk.encodings", "one encoding of equal length for each token"
        )

    def __repr__(self) -> str:
        rows = len(self.tokens) // TOKEN_BYTES
        return f"SubmissionChunk(view={self.view}, index={self.index}, rows={rows})"


@dataclass(frozen=True, slots=True)
class SubmissionPart:
    """Either the header of a submission or one of its chunks."""

    header: SubmissionHeader | None = None
    chunk: SubmissionChunk | None = None

    def __post_init__(self) -> None:
        _require((self.header is None) != (self.chunk is None), "part", "exactly one of header and chunk")


@dataclass(frozen=True, slots=True)
class SubmissionReceipt:
    """Which submission is durable at the coordinator."""

    round_id: str
    record_count: int
    content_digest: str


@dataclass(frozen=True, slots=True)
class ResolutionQuery:
    """Asks for one page of the caller's rows that are to be resolved."""

    round_id: str
    start: int

    def __post_init__(self) -> None:
        _require_uuid(self.round_id, "round_id")


@dataclass(frozen=True, slots=True)
class ViewTokens:
    """Row tokens of one view, concatenated."""

    view: int
    tokens: bytes

    def __post_init__(self) -> None:
        _require(self.view < MAX_VIEWS, "view", f"0 to {MAX_VIEWS - 1}")
        _require(len(self.tokens) % TOKEN_BYTES == 0, "tokens", f"a multiple of {TOKEN_BYTES} bytes")

    def list_tokens(self) -> list[bytes]:
        """Return the tokens one by one."""
        return split_tokens(self.tokens)


@dataclass(frozen=True, slots=True)
class ResolutionRequests:
    """One page of the caller's rows that are to be resolved, and how many there are in all."""

    round_id: str
    total: int
    rows: tuple[ViewTokens, ...]


@dataclass(frozen=True, slots=True)
class ViewRow:
    """One row of one view, by its token."""

    view: int
    token: bytes

    def __post_init__(self) -> None:
        _require(self.view < MAX_VIEWS, "view", f"0 to {MAX_VIEWS - 1}")
        _require_token(self.token, "token")


@dataclass(frozen=True, slots=True)
class Resolution:
    """Rows that are one record, under a fresh token."""

    token: bytes
    rows: tuple[ViewRow, ...]

    def __post_init__(self) -> None:
        _require_token(self.token, "token")
        _require(bool(self.rows), "rows", "at least one row")


@dataclass(frozen=True, slots=True)
class ResolutionBatch:
    """Some records that the rows asked about belong to."""

    round_id: str
    answers: tuple[Resolution, ...]

    def __post_init__(self) -> None:
        _require_uuid(self.round_id, "round_id")
        _require(len({a.token for a in self.answers}) == len(self.answers), "answers", "each token once")
        rows = [row for answer in self.answers for row in answer.rows]
        _require(len(rows) <= MAX_RESOLUTION_ROWS, "answers", f"at most {MAX_RESOLUTION_ROWS} rows")
        _require(len(set(rows)) == len(rows), "answers", "each row once")


@dataclass(frozen=True, slots=True)
class SummaryRequests:
    """The caller's record tokens whose score summaries are asked for."""

    round_id: str
    tokens: tuple[bytes, ...]

    def __post_init__(self) -> None:
        for token in self.tokens:
            _require_token(token, "tokens")


@dataclass(frozen=True, slots=True)
class SummaryAnswer:
    """A signed score summary for a token, or an empty envelope where it is withheld."""

    token: bytes
    envelope: bytes

    def __post_init__(self) -> None:
        _require_token(self.token, "token")
        _require(len(self.envelope) <= 8192, "envelope", "at most 8192 bytes")


@dataclass(frozen=True, slots=True)
class SummaryBatch:
    """Answers to a round's summary requests."""

    round_id: str
    answers: tuple[SummaryAnswer, ...]

    def __post_init__(self) -> None:
        _require_uuid(self.round_id, "round_id")
        _require(len({a.token for a in self.answers}) == len(self.answers), "answers", "each token once")


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Another member in a cluster, as far as this member may know."""

    match_ref: bytes
    member: str
    agency_type: str
    candidate_probability: float

    def __post_init__(self) -> None:
        _require_token(self.match_ref, "match_ref")
        _require_name(self.member)
        _require(self.agency_type in set(AgencyType), "agency_type", f"one of {', '.join(AgencyType)}")
        _require(0 <= self.candidate_probability <= 1, "candidate_probability", "0 to 1")


@dataclass(frozen=True, slots=True)
class MemberMatch:
    """One of this member's records found elsewhere: counts and bands, no identities."""

    token: bytes
    cluster_ref: bytes
    counterparts: tuple[Counterpart, ...]
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
    score_disclosed: bool = True

    def __post_init__(self) -> None:
        _require_token(self.token, "token")
        _require_token(self.cluster_ref, "cluster_ref")
        _require(
            0 <= self.score_lower <= self.score_upper <= 100, "score_lower", "0 <= lower <= upper <= 100"
        )
        # People read these words: a list of its own words lets no other text onto their screen.
        _require(self.others_events in {"", *EventsBucket}, "others_events", "a bucket of events or nothing")
        _require(self.others_oldest in {"", *AgeBucket}, "others_oldest", "a bucket of days or nothing")
        _require(set(ThreatArea).issuperset(self.others_threats), "others_threats", "codes of threat areas")


@dataclass(frozen=True, slots=True)
class MemberResults:
    """The caller's own matches in a round, and no other member's."""

    round_id: str
    published_at: datetime
    matches: tuple[MemberMatch, ...]

    def __post_init__(self) -> None:
        _require_uuid(self.round_id, "round_id")


@dataclass(frozen=True, slots=True)
class RelayMessage:
    """A sealed message between members; sender and time are the coordinator's to set."""

    message_id: str
    sender: str
    recipient: str
    kind: RelayKind
    sealed: bytes
    sent_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_uuid(self.message_id, "message_id")
        _require_name(self.recipient, "recipient")
        _require(0 < len(self.sealed) <= MAX_SEALED_BYTES, "sealed", f"1 to {MAX_SEALED_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class RelayMessages:
    """Waiting messages, oldest first."""

    messages: tuple[RelayMessage, ...]


@dataclass(frozen=True, slots=True)
class RelayAcknowledgement:
    """Messages that the relay may forget."""

    message_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        _require(len(self.message_ids) <= MAX_ACKNOWLEDGED, "message_ids", f"at most {MAX_ACKNOWLEDGED}")
        for message_id in self.message_ids:
            _require_uuid(message_id, "message_ids")


@dataclass(frozen=True, slots=True)
class LogAppend:
    """A signed log entry to append."""

    entry: bytes

    def __post_init__(self) -> None:
        _require(0 < len(self.entry) <= MAX_LOG_ENTRY_BYTES, "entry", f"1 to {MAX_LOG_ENTRY_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class LogReceipt:
    """Where an entry is, with the proof that a signed checkpoint includes it."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class CheckpointRequest:
    """The tree size the caller has verified before."""

    verified_size: int


@dataclass(frozen=True, slots=True)
class CheckpointAnswer:
    """The latest checkpoint and the proof that it extends the verified size."""

    checkpoint: str
    consistency: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EntryRange:
    """A range of log entries."""

    start: int
    count: int

    def __post_init__(self) -> None:
        _require(0 <= self.start < MAX_LOG_SIZE, "start", f"0 to {MAX_LOG_SIZE - 1}")
        _require(1 <= self.count <= MAX_LOG_RANGE, "count", f"1 to {MAX_LOG_RANGE}")


@dataclass(frozen=True, slots=True)
class LogEntries:
    """Raw entries of a range."""

    entries: tuple[bytes, ...]
