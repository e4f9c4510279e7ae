"""The table of methods: what each takes and gives, and which roles may call it.

Layer: protos. This is the access table: a method that is not here does not exist, and a role that is
not listed for a method is refused. A test proves the table complete against the service definitions.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from crypto.pki import Role
from protos import messages as m

Q = TypeVar("Q")
A = TypeVar("A")

PACKAGE = "clew.v1"
MAX_MESSAGE_BYTES = 4 << 20  # gRPC's own default; the largest message, a chunk, is about 1.2 MiB

_MEMBERS = frozenset({Role.FORCE, Role.PARTNER})
_OPERATOR = frozenset({Role.OPERATOR})
_ALL = _MEMBERS | _OPERATOR
_NOBODY_ENROLLED: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Method(Generic[Q, A]):
    """One remote method.

    Attributes:
        service, name: As in the .proto files.
        request, answer: Domain message types.
        roles: Who may call it over mutual TLS; empty for the enrolment port, where nobody is known.
        streams_request: Whether the caller sends a stream of ``request``.
    """

    service: str
    name: str
    request: type[Q]
    answer: type[A]
    roles: frozenset[Role]
    streams_request: bool = False

    @property
    def path(self) -> str:
        """The method's gRPC path."""
        return f"/{PACKAGE}.{self.service}/{self.name}"


AnyMethod = Method[Any, Any]

ENROL = Method("EnrolmentService", "Enrol", m.EnrolRequest, m.EnrolResponse, _NOBODY_ENROLLED)

CREATE_INVITATION = Method(
    "OperatorService", "CreateInvitation", m.InvitationRequest, m.Invitation, _OPERATOR
)
LIST_ENROLMENTS = Method("OperatorService", "ListEnrolments", m.Nothing, m.Enrolments, _OPERATOR)
APPROVE_ENROLMENT = Method("OperatorService", "ApproveEnrolment", m.EnrolmentApproval, m.Enrolment, _OPERATOR)
PUBLISH_AGREEMENT = Method("OperatorService", "PublishAgreement", m.SignedDocument, m.Accepted, _OPERATOR)
OPEN_ROUND = Method("OperatorService", "OpenRound", m.RoundOpening, m.RoundStatus, _OPERATOR)
ABANDON_ROUND = Method("OperatorService", "AbandonRound", m.RoundReference, m.RoundStatus, _OPERATOR)
GET_ROUND_STATUS = Method("OperatorService", "GetRoundStatus", m.RoundReference, m.RoundStatus, _OPERATOR)

GET_AGREEMENT = Method("RoundService", "GetAgreement", m.Nothing, m.SignedDocument, _ALL)
GET_ROUND = Method("RoundService", "GetRound", m.Nothing, m.RoundAnnouncement, _ALL)
SUBMIT = Method(
    "RoundService", "Submit", m.SubmissionPart, m.SubmissionReceipt, _MEMBERS, streams_request=True
)
GET_RESOLUTION_REQUESTS = Method(
    "RoundService", "GetResolutionRequests", m.ResolutionQuery, m.ResolutionRequests, _MEMBERS
)
SEND_RESOLUTIONS = Method("RoundService", "SendResolutions", m.ResolutionBatch, m.Accepted, _MEMBERS)
GET_SUMMARY_REQUESTS = Method(
    "RoundService", "GetSummaryRequests", m.RoundReference, m.SummaryRequests, _MEMBERS
)
SEND_SUMMARIES = Method("RoundService", "SendSummaries", m.SummaryBatch, m.Accepted, _MEMBERS)
GET_RESULTS = Method("RoundService", "GetResults", m.RoundReference, m.MemberResults, _MEMBERS)
ACKNOWLEDGE_RESULTS = Method("RoundService", "AcknowledgeResults", m.RoundReference, m.Accepted, _MEMBERS)

SEND = Method("RelayService", "Send", m.RelayMessage, m.Accepted, _MEMBERS)
FETCH = Method("RelayService", "Fetch", m.Nothing, m.RelayMessages, _MEMBERS)
ACKNOWLEDGE = Method("RelayService", "Acknowledge", m.RelayAcknowledgement, m.Accepted, _MEMBERS)

APPEND = Method("LogService", "Append", m.LogAppend, m.LogReceipt, _MEMBERS)
GET_CHECKPOINT = Method("LogService", "GetCheckpoint", m.CheckpointRequest, m.CheckpointAnswer, _ALL)
GET_ENTRIES = Method("LogService", "GetEntries", m.EntryRange, m.LogEntries, _ALL)

ENROLMENT_PORT_METHODS: tuple[AnyMethod, ...] = (ENROL,)
MEMBER_PORT_METHODS: tuple[AnyMethod, ...] = (
    CREATE_INVITATION,
    LIST_ENROLMENTS,
    APPROVE_ENROLMENT,
    PUBLISH_AGREEMENT,
    OPEN_ROUND,
    ABANDON_ROUND,
    GET_ROUND_STATUS,
    GET_AGREEMENT,
    GET_ROUND,
    SUBMIT,
    GET_RESOLUTION_REQUESTS,
    SEND_RESOLUTIONS,
    GET_SUMMARY_REQUESTS,
    SEND_SUMMARIES,
    GET_RESULTS,
    ACKNOWLEDGE_RESULTS,
    SEND,
    FETCH,
    ACKNOWLEDGE,
    APPEND,
    GET_CHECKPOINT,
    GET_ENTRIES,
)
