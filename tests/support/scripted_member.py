"""A member that speaks the raw protocol: it does what a test says, right or wrong."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property

from coordinator.rounds import Round
from crypto.canonical import canonical_bytes, encode_base64
from crypto.encoding.dummies import generate_dummy_rows
from crypto.encoding.encoder import encode_people
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.views import encode_views
from crypto.log.entry import EventResult, EventType, LogEntry, commitment, sign_entry
from crypto.pki import Authority, PeerIdentity, Role, create_signing_request, generate_transport_key
from crypto.pki import issue_client_certificate as issue
from crypto.sealing import SealingKey
from crypto.signing import SigningDomain, SigningKey, sign_statement
from protos import methods
from protos.channel import Channel
from protos.hosting.events import generate_event_id
from protos.messages import (
    TOKEN_BYTES,
    EnrolmentApproval,
    EnrolRequest,
    InvitationRequest,
    Nothing,
    RoundAnnouncement,
    SubmissionChunk,
    SubmissionHeader,
    SubmissionPart,
    SummaryAnswer,
)
from scoring.risk.areas import AgencyType
from scoring.risk.event import Event, NamedBy
from scoring.risk.gravity import load_default_gravity_table
from scoring.risk.summary import SubjectFacts, summarise_events
from tests.support.certificates import CERTIFICATE_LIFETIME
from tests.support.view_schemas import PLAIN

CHUNK_RECORDS = 16

View = tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]]
"""Tokens, block tokens (empty ones in a view without blocks) and encodings, in one order."""


@dataclass(frozen=True)
class Upload:
    """A submission as it would be sent, easy to spoil with :func:`dataclasses.replace`."""

    header: SubmissionHeader
    chunks: tuple[SubmissionChunk, ...]

    def parts(self) -> Iterator[SubmissionPart]:
        yield SubmissionPart(header=self.header)
        yield from (SubmissionPart(chunk=chunk) for chunk in self.chunks)


@dataclass(frozen=True)
class ScriptedMember:
    """One organisation with its keys; it gets a certificate by enrolling."""

    name: str
    role: Role = Role.FORCE
    agency_type: str = "POLICE"
    transport_key: bytes = field(default_factory=generate_transport_key, repr=False)
    sealing: SealingKey = field(default_factory=SealingKey.generate)
    signing: SigningKey = field(default_factory=SigningKey.generate)
    certificate_pem: list[bytes] = field(default_factory=list)

    @cached_property
    def signing_request_pem(self) -> bytes:
        """The one request of this member: ECDSA signs differently each time it is asked."""
        return create_signing_request(self.transport_key)

    @property
    def invitation(self) -> InvitationRequest:
        return InvitationRequest(
            self.name, f"{self.name.title()} Organisation", self.role, self.agency_type, 1
        )

    def enrol_request(self, secret: bytes) -> EnrolRequest:
        """Return what this member presents with an invitation."""
        return EnrolRequest(
            member=self.name,
            invitation_secret=secret,
            signing_request_pem=self.signing_request_pem,
            hpke_public_key=self.sealing.public_key,
            signing_public_key=self.signing.public_key,
        )

    def enrol(self, operator: Channel, newcomer: Channel) -> None:
        """Join: invitation, keys, approval by fingerprint, certificate."""
        invitation = operator.call(methods.CREATE_INVITATION, self.invitation)
        request = self.enrol_request(invitation.secret)
        newcomer.call(methods.ENROL, request)
        enrolments = operator.call(methods.LIST_ENROLMENTS, Nothing()).enrolments
        fingerprint = next(e.fingerprint for e in enrolments if e.member == self.name)
        operator.call(methods.APPROVE_ENROLMENT, EnrolmentApproval(self.name, fingerprint))
        self.certificate_pem.append(newcomer.call(methods.ENROL, request).certificate_pem)

    def certify(self, authority: Authority) -> "ScriptedMember":
        """Take a certificate straight from the authority, without enrolling."""
        certificate = issue(
            authority,
            self.signing_request_pem,
            identity=PeerIdentity(authority.federation, self.role, self.name),
            now=datetime.now(UTC),
            lifetime=CERTIFICATE_LIFETIME,
        )
        return replace(self, certificate_pem=[certificate])

    def connect(self, target: str, authority_pem: bytes) -> Channel:
        """Return a connection with this member's certificate."""
        return Channel(
            target,
            authority_pem=authority_pem,
            certificate_pem=self.certificate_pem[-1],
            private_key_pem=self.transport_key,
        )

    def sign_summary(
        self, events: Sequence[Event], *, round_id: str, token: bytes, as_of_month: date | None = None
    ) -> SummaryAnswer:
        """Return a signed summary of events; a partner agency's has none."""
        today = datetime.now(UTC).date()
        summary = summarise_events(
            events,
            as_of_month=today.replace(day=1),
            today=today,
            table=load_default_gravity_table(),
            facts=SubjectFacts(agency_type=AgencyType(self.agency_type)),
        )
        if as_of_month:
            summary = replace(summary, as_of_month=as_of_month)
        body = {"round_id": round_id, "token": encode_base64(token), "summary": summary.to_body()}
        return SummaryAnswer(
            token, canonical_bytes(sign_statement(self.signing, SigningDomain.SUMMARY, body))
        )

    def sign_log_entry(self, *, organisation: str = "") -> bytes:
        """Return a log entry of this member, or one in another's name."""
        entry = LogEntry(
            event_id=generate_event_id(datetime.now(UTC)),
            event_type=EventType.CONSULTATION,
            at=datetime.now(UTC),
            actor_id=f"{self.name}-0001",
            actor_org=organisation or self.name,
            recipient_ids=(),
            justification_code="SAFEGUARDING",
            object_ref=commitment(secrets.token_bytes(32), self.name),
            request_ref="",
            policy_rule_ids=(),
            result=EventResult.OK,
            software_version="0.1.0",
        )
        return sign_entry(entry, self.signing)


def make_assault(*, age_days: int, incident: str, on: date) -> Event:
    """Return an assault with injury (8N), reported by an invented victim."""
    return Event(
        incident_id=incident,
        ho_class="8N",
        occurred_on=date.fromordinal(on.toordinal() - age_days),
        named_by=NamedBy.VICTIM,
        victim_tokens=frozenset({"victim-1"}),
    )


def make_upload(
    announced: RoundAnnouncement | Round, people: Sequence[Mapping[str, str]], *, round_key: bytes
) -> tuple[Upload, list[bytes]]:
    """Encode people and return their submission with the record tokens in the order of ``people``."""
    encodings = encode_people(people, PLAIN, secret=round_key)
    tokens = [secrets.token_bytes(TOKEN_BYTES) for _ in people]
    return arrange_upload(announced, tokens, [row.tobytes() for row in encodings]), tokens


def make_view_upload(
    announced: RoundAnnouncement | Round,
    people: Sequence[Mapping[str, str]],
    schema: LinkageSchema,
    *,
    round_key: bytes,
) -> tuple[Upload, list[dict[bytes, int]]]:
    """Encode people and return their submission and the person of each row of each view."""
    views, owners = [], []
    for number, rows in enumerate(encode_views(people, schema, secret=round_key)):
        missing = sorted(set(range(len(people))) - set(rows.records.tolist()))
        drawn = generate_dummy_rows(schema, number, len(missing), secret=round_key)
        tokens = [secrets.token_bytes(TOKEN_BYTES) for _ in people]
        blocks = [row.tobytes() for row in (*rows.blocks, *drawn[0])]
        views.append((tokens, blocks, [row.tobytes() for row in (*rows.encodings, *drawn[1])]))
        owners.append(dict(zip(tokens, [*rows.records.tolist(), *missing], strict=True)))
    return arrange_views(announced, views), owners


def arrange_upload(
    announced: RoundAnnouncement | Round, tokens: Sequence[bytes], encodings: Sequence[bytes]
) -> Upload:
    """Return tokens and encodings of a schema of one view as a header and numbered chunks."""
    return arrange_views(announced, [(tokens, [b""] * len(tokens), encodings)])


def arrange_views(announced: RoundAnnouncement | Round, views: Sequence[View], *, batch: int = 0) -> Upload:
    """Return views as a header and chunks, view after view."""
    content = b"".join(b"".join(column) for view in views for column in view)
    header = SubmissionHeader(
        round_id=announced.round_id,
        schema_digest=announced.schema_digest,
        agreement_digest=announced.agreement_digest,
        key_epoch=announced.key_epoch,
        record_count=len(views[0][0]),
        content_digest=hashlib.sha256(content).hexdigest(),
        batch=batch,
    )
    chunks = tuple(
        _arrange_chunk(number, index, view)
        for number, view in enumerate(views)
        for index in range(-(-len(view[0]) // CHUNK_RECORDS))
    )
    return Upload(header, chunks)


def _arrange_chunk(number: int, index: int, view: View) -> SubmissionChunk:
    part = slice(index * CHUNK_RECORDS, (index + 1) * CHUNK_RECORDS)
    tokens, blocks, encodings = (b"".join(column[part]) for column in view)
    return SubmissionChunk(index, tokens, encodings, view=number, blocks=blocks)
