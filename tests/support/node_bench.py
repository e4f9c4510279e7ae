"""A node on a bench: real store and keys in a temporary home, a scripted coordinator, a set clock."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from crypto.agreement import Agreement, Member, Thresholds, sign_agreement
from crypto.encoding.schema import LinkageSchema
from crypto.errors import StateError
from crypto.log.checkpoint import Checkpoint, sign_checkpoint
from crypto.log.merkle import MerkleTree, leaf_hash
from crypto.pki import Role, generate_transport_key
from crypto.sealing import SealingKey
from crypto.signing import SigningKey
from node.config import NodeConfig
from node.context import NodeContext
from node.home import NodeKeys
from node.records import (
    Crime,
    CrimeParty,
    DobQuality,
    GuardianRelease,
    Nominal,
    PartnerContact,
    Sensitivity,
    SubjectRole,
)
from node.round_files import RoundFiles, open_round_files
from node.store.store import open_store
from protos.messages import (
    Accepted,
    CheckpointAnswer,
    LogReceipt,
    MemberResults,
    RelayMessage,
    RelayMessages,
    ResolutionQuery,
    ResolutionRequests,
    RoundAnnouncement,
    RoundState,
    SignedDocument,
    SubmissionPart,
    SubmissionReceipt,
    SummaryRequests,
    ViewRow,
    ViewTokens,
)
from scoring.risk.event import CrimeStatus, NamedBy, PartyRole, VictimAgeBand
from scoring.risk.gravity import load_default_gravity_table
from tests.support.view_schemas import PLAIN

FEDERATION = "east.example"
LOG_ORIGIN = "east.example/clew-log"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
GOVERNANCE = SigningKey.generate()
LOG_KEY = SigningKey.generate()


def make_nominal(nominal_id: str, **changes: Any) -> Nominal:
    """Return a nominal whose every value can be changed."""
    values: dict[str, Any] = {
        "nominal_id": nominal_id,
        "source_system": "ATHENA",
        "given_names": f"GIVEN{nominal_id}",
        "surname": f"SURNAME{nominal_id}",
        "dob": date(1990, 2, 1),
        "dob_quality": DobQuality.EXACT,
        "sex_recorded": "M",
        "pncid": "",
        "postcode": "CM1 1AA",
        "is_police_employee": False,
        "sensitivity": Sensitivity.NORMAL,
    }
    return Nominal(**values | changes)


def make_crime(crime_id: str, *, days_ago: int = 10, **changes: Any) -> Crime:
    """Return a crime so many days before :data:`NOW`."""
    committed = NOW - timedelta(days=days_ago)
    values: dict[str, Any] = {
        "crime_id": crime_id,
        "ho_class": "8N",
        "ho_detail_code": "",
        "committed_from": committed,
        "recorded_at": committed,
        "status": CrimeStatus.OPEN,
        "outcome_code": None,
        **dict.fromkeys(("flag_da", "flag_stalking", "flag_online"), False),
        **dict.fromkeys(("marker_strangulation", "marker_weapon"), False),
        **dict.fromkeys(("marker_child_present", "marker_order_breach"), False),
        "investigating_team": "TEAM A",
        "location_type": "PRIVATE_DWELLING",
    }
    return Crime(**values | changes)


def make_party(crime_id: str, nominal_id: str, role: PartyRole = PartyRole.SUSPECT) -> CrimeParty:
    """Return a party named by the victim."""
    band = VictimAgeBand.FROM_26_TO_59 if role is PartyRole.VICTIM else None
    return CrimeParty(crime_id, nominal_id, role, NamedBy.VICTIM, "INTIMATE_EX", band)


def make_contact(record_id: str, nominal_id: str, **changes: Any) -> PartnerContact:
    """Return a released perpetrator contact with a lawful gateway."""
    values: dict[str, Any] = {
        "partner_record_id": record_id,
        "subject_nominal_id": nominal_id,
        "subject_role": SubjectRole.PERPETRATOR,
        "partner_type": "SOCIAL_CARE_CHILD",
        "contact_class": "S47_ENQUIRY",
        "contact_date": date(2026, 10, 1),
        "severity_bucket": "",
        "lawful_gateway": "CA89_S47",
        "consent": "N_A",
        "guardian_release": GuardianRelease.APPROVED,
    }
    return PartnerContact(**values | changes)


@dataclass
class ScriptedCoordinator:
    """Answers a node's calls as a test sets it up, and keeps what it was sent."""

    agreement: bytes | None = None
    announced: RoundAnnouncement | None = None
    asked: tuple[bytes, ...] = ()
    question: tuple[ViewRow, ...] = ()
    page_rows: int = 3
    results: MemberResults | None = None
    waiting: list[RelayMessage] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    uploads: list[tuple[SubmissionPart, ...]] = field(default_factory=list)
    tree: MerkleTree = field(default_factory=MerkleTree)
    entries: list[bytes] = field(default_factory=list)
    log_key: SigningKey = LOG_KEY

    def names(self) -> list[str]:
        """Return the methods called so far."""
        return [name for name, _ in self.calls]

    def call(self, method: Any, request: Any) -> Any:
        """Answer a call, or raise what the test wants raised."""
        self.calls.append((method.name, request))
        if method.name in self.failures:
            raise self.failures[method.name]
        answers: dict[str, Callable[[Any], Any]] = {
            "GetAgreement": lambda _: self._get_agreement(),
            "GetRound": lambda _: self._get_round(),
            "GetResolutionRequests": self._ask,
            "GetSummaryRequests": lambda asked: SummaryRequests(asked.round_id, self.asked),
            "GetResults": lambda _: self.results,
            "Fetch": lambda _: RelayMessages(tuple(self.waiting)),
            "Acknowledge": self._acknowledge,
            "Append": lambda append: self.append(append.entry),
            "GetCheckpoint": lambda asked: self.get_checkpoint(asked.verified_size),
        }
        return answers.get(method.name, lambda _: Accepted(1))(request)

    def upload(self, method: Any, parts: Iterable[SubmissionPart]) -> SubmissionReceipt:
        """Take a submission."""
        self.calls.append((method.name, None))
        taken = tuple(parts)
        self.uploads.append(taken)
        if method.name in self.failures:
            raise self.failures[method.name]
        header = taken[0].header
        assert header is not None
        return SubmissionReceipt(header.round_id, header.record_count, header.content_digest)

    def append(self, entry: bytes) -> LogReceipt:
        """Append to the log, once for the same bytes."""
        if entry not in self.entries:
            self.entries.append(entry)
            self.tree.append(leaf_hash(entry))
        index = self.entries.index(entry)
        return LogReceipt(index, self.tree.inclusion_proof(index, self.tree.size), self.sign())

    def get_checkpoint(self, verified_size: int) -> CheckpointAnswer:
        """Return the latest checkpoint."""
        proof = self.tree.consistency_proof(verified_size, self.tree.size) if verified_size else ()
        return CheckpointAnswer(self.sign(), proof)

    def sign(self) -> str:
        """Return the signed checkpoint of the present tree."""
        checkpoint = Checkpoint(LOG_ORIGIN, self.tree.size, self.tree.root())
        return sign_checkpoint(checkpoint, self.log_key.sign, public_key=self.log_key.public_key)

    def _get_agreement(self) -> SignedDocument:
        if self.agreement is None:
            raise StateError("none published", code="NO_AGREEMENT")
        return SignedDocument(self.agreement)

    def _ask(self, query: ResolutionQuery) -> ResolutionRequests:
        """Ask page by page, a few rows at a time."""
        page = self.question[query.start : query.start + self.page_rows]
        rows = tuple(ViewTokens(row.view, row.token) for row in page)
        return ResolutionRequests(query.round_id, len(self.question), rows)

    def _get_round(self) -> RoundAnnouncement:
        if self.announced is None:
            raise StateError("no round", code="NO_ROUND")
        return self.announced

    def _acknowledge(self, acknowledged: Any) -> Accepted:
        self.waiting = [m for m in self.waiting if m.message_id not in acknowledged.message_ids]
        return Accepted(len(acknowledged.message_ids))


def make_keys() -> NodeKeys:
    """Return new keys."""
    return NodeKeys(generate_transport_key(), SealingKey.generate(), SigningKey.generate())


def make_config(member: str, role: Role = Role.FORCE, agency_type: str = "POLICE") -> NodeConfig:
    """Return a node's configuration under the test board's key."""
    return NodeConfig(
        federation=FEDERATION,
        member=member,
        display_name=member.title(),
        role=role,
        agency_type=agency_type,
        coordinator="localhost:1",
        enrolment="localhost:2",
        governance_public_key=GOVERNANCE.public_key,
    )


def make_agreement(
    configs: dict[str, tuple[NodeConfig, NodeKeys]], *, schema: LinkageSchema | None = None, **changes: Any
) -> Agreement:
    """Return an agreement of these members, the first the custodian, by default without salted views."""
    schema = schema or PLAIN
    values: dict[str, Any] = {
        "federation": FEDERATION,
        "version": 1,
        "issued_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=90),
        "members": tuple(
            Member(
                name=name,
                display_name=config.display_name,
                role=config.role,
                agency_type=config.agency_type,
                hpke_public_key=keys.sealing.public_key,
                signing_public_key=keys.signing.public_key,
            )
            for name, (config, keys) in configs.items()
        ),
        "custodian": next(iter(configs)),
        "key_epoch": 1,
        "schema": schema.body,
        "schema_digest": schema.digest,
        "weights_version": load_default_gravity_table().version,
        "log_public_key": LOG_KEY.public_key,
        "log_origin": LOG_ORIGIN,
        "thresholds": Thresholds(0.7, 0.8, 0.95, 60.0, 0.5),
    }
    return Agreement(**values | changes)


def announce(agreement: Agreement, **changes: Any) -> RoundAnnouncement:
    """Return the announcement of an open round under an agreement."""
    values: dict[str, Any] = {
        "round_id": str(uuid.UUID(int=1)),
        "number": 1,
        "state": RoundState.OPEN,
        "role_view": "PERPETRATOR",
        "agreement_digest": agreement.digest,
        "schema_digest": agreement.schema_digest,
        "weights_version": agreement.weights_version,
        "key_epoch": agreement.key_epoch,
        "opened_at": NOW,
        "submit_until": NOW + timedelta(hours=1),
    }
    return RoundAnnouncement(**values | changes)


@contextmanager
def open_bench(
    home: Path, coordinator: ScriptedCoordinator, config: NodeConfig, keys: NodeKeys
) -> Iterator[NodeContext]:
    """Open a node on its database; opened again on the same path it is the same node after a restart."""
    with open_store(home / f"{config.member}.sqlite") as store:
        yield NodeContext(config, keys, store, lambda: NOW, coordinator)


def sign(agreement: Agreement) -> bytes:
    """Return an agreement signed by the test board."""
    return sign_agreement(GOVERNANCE, agreement)


def open_files(context: NodeContext, announced: RoundAnnouncement) -> RoundFiles:
    """Open a node's sealed files of a round as the node does."""
    return open_round_files(context, context.get_agreement(), announced)


def find_tokens(context: NodeContext, announced: RoundAnnouncement) -> dict[tuple[str, ...], bytes]:
    """Return the record token of each person in a round of one view."""
    return {ids: token for token, ids in open_files(context, announced).load_map().name_rows().items()}
