"""Two forces and a third in one process: real keys, real files, the real log; only the wire is short.

Every test of requests starts here. A :class:`Node` is a whole node context whose wire goes straight to a
relay and a log in memory, and which can be told to fail.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from coordinator.store.log import LogStore
from coordinator.store.tables import metadata as coordinator_metadata
from coordinator.transparency import TransparencyLog
from crypto.agreement import Agreement, Member, Thresholds, sign_agreement
from crypto.errors import TransportError
from crypto.log.entry import LogEntry, verify_entry
from crypto.pki import Role
from crypto.sealing import SealingKey
from crypto.signing import SigningKey
from node.config import NodeConfig
from node.context import NodeContext
from node.home import NodeKeys
from node.inbox import Inbox
from node.matches import Match
from node.records import Crime, CrimeParty, DobQuality, Nominal, Records, Sensitivity
from node.requests.desk import Desk, Signatory
from node.requests.form import parse_form, render_template
from node.requests.wiring import make_handlers, open_desk, open_registry, send_waiting
from node.store.store import open_store
from protos import methods
from protos.hosting.database import open_database
from protos.messages import (
    Accepted,
    CheckpointAnswer,
    LogReceipt,
    RelayMessage,
    RelayMessages,
)
from scoring.risk.event import CrimeStatus, NamedBy, PartyRole
from scoring.risk.gravity import load_default_gravity_table

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ROUND_ID = "3f0e7a52-4d0e-4c57-9d3a-0d2f3a8a1c11"
MATCH_REF = "00112233445566778899aabbccddeeff"
STATEMENT = (
    "Two reports in six weeks describe the same pattern of controlling behaviour towards a new partner. "
    "She has a child in the household and has said that he knows where she works. The next contact is "
    "expected within days, and local records alone do not show whether he has done this before."
)
REASON = "Necessary and proportionate on the facts stated; less intrusive steps were exhausted."

# Invented, and searched for in everything that leaves a node.
FORENAME, SURNAME, POSTCODE = "Quillon", "Vantongeren", "ME4 9ZZ"
BIRTH = date(1987, 4, 3)
CANARIES = (FORENAME, SURNAME, POSTCODE, BIRTH.isoformat())


@dataclass
class Relay:
    """Sealed messages by recipient, and everything that ever passed."""

    waiting: dict[str, deque[RelayMessage]] = field(default_factory=dict)
    seen: list[RelayMessage] = field(default_factory=list)
    is_down: bool = False

    def send(self, message: RelayMessage, *, now: datetime) -> None:
        if self.is_down:
            raise TransportError("cannot reach the coordinator")
        stamped = replace(message, sent_at=now)
        if any(
            (known.sender, known.message_id) == (message.sender, message.message_id) for known in self.seen
        ):
            return
        self.seen.append(stamped)
        self.waiting.setdefault(message.recipient, deque()).append(stamped)


@dataclass
class Wire:
    """One member's way to the relay and the log."""

    member: str
    relay: Relay
    log: TransparencyLog
    clock: Callable[[], datetime]
    log_failure: Exception | None = None
    after_append: Exception | None = None

    def call(self, method: Any, request: Any) -> Any:
        if method is methods.SEND:
            self.relay.send(replace(request, sender=self.member), now=self.clock())
            return Accepted(1)
        if method is methods.FETCH:
            return RelayMessages(tuple(self.relay.waiting.get(self.member, ())))
        if method is methods.ACKNOWLEDGE:
            box = self.relay.waiting.get(self.member, deque())
            kept = [message for message in box if message.message_id not in request.message_ids]
            self.relay.waiting[self.member] = deque(kept)
            return Accepted(len(box) - len(kept))
        if method is methods.APPEND:
            return self._append(request.entry)
        return self._get_checkpoint(request.verified_size)

    def upload(self, method: Any, parts: Any) -> Any:
        raise AssertionError("requests upload nothing")

    def _append(self, entry: bytes) -> LogReceipt:
        if self.log_failure is not None:
            raise self.log_failure
        receipt = self.log.append(entry)
        if self.after_append is not None:
            raise self.after_append
        return receipt

    def _get_checkpoint(self, size: int) -> CheckpointAnswer:
        return self.log.get_checkpoint(size)


@dataclass
class Node:
    """One member's node with its people's key files."""

    context: NodeContext
    wire: Wire
    home: Path
    people: dict[str, Signatory] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        return open_desk(self.context)

    @property
    def now(self) -> datetime:
        return self.context.clock()

    def hire(self, person_id: str, *, role: str, rank: str) -> Signatory:
        registry = open_registry(self.context)
        path = self.home / f"{person_id}.key"
        registry.add_person(person_id, role=role, rank=rank, key_path=path, now=self.now)
        self.people[person_id] = registry.load_signatory(path)
        return self.people[person_id]

    def send(self) -> None:
        send_waiting(self.context)

    def receive(self) -> int:
        log = structlog.wrap_logger(structlog.ReturnLogger())
        return Inbox(self.context, make_handlers(), log).empty()


@dataclass
class Federation:
    """Essex asks, Kent holds, Suffolk has no part in it."""

    time: datetime
    relay: Relay
    log: TransparencyLog
    agreement: Agreement
    nodes: dict[str, Node]

    @property
    def essex(self) -> Node:
        return self.nodes["essex"]

    @property
    def kent(self) -> Node:
        return self.nodes["kent"]

    @property
    def suffolk(self) -> Node:
        return self.nodes["suffolk"]

    def wait(self, length: timedelta) -> None:
        self.time += length

    def carry(self) -> None:
        """Let every node send and receive until nothing moves."""
        moved = 1
        while moved:
            for node in self.nodes.values():
                node.send()
            moved = sum(node.receive() for node in self.nodes.values())

    def read_log(self) -> list[LogEntry]:
        keys = {member.name: member.signing_public_key for member in self.agreement.members}
        return [verify_entry(entry, keys) for entry in self.log._store.list_entries()]

    def list_events(self) -> list[tuple[str, str]]:
        return [(entry.actor_org, entry.event_type.value) for entry in self.read_log()]


def found_federation(folder: Path) -> Federation:
    governance = SigningKey.generate()
    log_key = SigningKey.generate()
    log = TransparencyLog(
        LogStore(open_database(folder / "coordinator.sqlite", coordinator_metadata)),
        key=log_key,
        origin="log.east.example",
    )
    names = ("essex", "kent", "suffolk")
    keys = {name: NodeKeys(b"", SealingKey.generate(), SigningKey.generate()) for name in names}
    agreement = _agree(keys, log_key)
    federation = Federation(START, Relay(), log, agreement, {})
    for name in names:
        config = NodeConfig(
            federation="east.example",
            member=name,
            display_name=name.title(),
            role=Role.FORCE,
            agency_type="POLICE",
            coordinator="localhost:1",
            enrolment="localhost:2",
            governance_public_key=governance.public_key,
        )
        home = folder / name
        home.mkdir()
        wire = Wire(name, federation.relay, log, lambda: federation.time)
        context = NodeContext(
            config, keys[name], open_store(home / "node.sqlite"), lambda: federation.time, wire
        )
        context.store.federation.store_agreement(1, sign_agreement(governance, agreement), now=START)
        federation.nodes[name] = Node(context, wire, home)
    _fill(federation)
    return federation


def _agree(keys: dict[str, NodeKeys], log_key: SigningKey) -> Agreement:
    members = tuple(
        Member(
            name=name,
            display_name=name.title(),
            role=Role.FORCE,
            agency_type="POLICE",
            hpke_public_key=own.sealing.public_key,
            signing_public_key=own.signing.public_key,
        )
        for name, own in keys.items()
    )
    return Agreement(
        federation="east.example",
        version=1,
        issued_at=START - timedelta(days=1),
        expires_at=START + timedelta(days=365),
        members=members,
        custodian="essex",
        key_epoch=1,
        schema={},
        schema_digest="0" * 64,
        weights_version=load_default_gravity_table().version,
        log_public_key=log_key.public_key,
        log_origin="log.east.example",
        thresholds=Thresholds(
            candidate_similarity_floor=0.7,
            summary_probability=0.8,
            routine_probability=0.95,
            routine_score=60.0,
            max_summary_share=0.2,
        ),
    )


def _fill(federation: Federation) -> None:
    """Put the same person at Essex and Kent, with a match that both know."""
    for name in ("essex", "kent"):
        hold_person(federation.nodes[name])
    store_match(federation.essex, counterpart="kent")
    store_match(federation.kent, counterpart="essex")


def hold_person(node: Node, **changes: Any) -> None:
    member = node.context.config.member
    values: dict[str, Any] = {
        "nominal_id": f"{member}-n1",
        "source_system": "RMS_OTHER",
        "given_names": FORENAME,
        "surname": SURNAME,
        "dob": BIRTH,
        "dob_quality": DobQuality.EXACT,
        "sex_recorded": "M",
        "pncid": "",
        "postcode": POSTCODE,
        "is_police_employee": False,
        "sensitivity": Sensitivity.NORMAL,
    }
    crime = Crime(
        crime_id=f"{member}-c1",
        ho_class="105A",
        ho_detail_code="",
        committed_from=START - timedelta(days=30),
        recorded_at=START - timedelta(days=29),
        status=CrimeStatus.OPEN,
        outcome_code=16,
        flag_da=True,
        flag_stalking=False,
        flag_online=False,
        marker_strangulation=False,
        marker_weapon=False,
        marker_child_present=False,
        marker_order_breach=False,
        investigating_team="DA1",
        location_type="DWELLING",
    )
    party = CrimeParty(crime.crime_id, f"{member}-n1", PartyRole.SUSPECT, NamedBy.VICTIM, "PARTNER", None)
    node.context.store.records.store_records(
        Records(nominals=(Nominal(**(values | changes)),), crimes=(crime,), parties=(party,))
    )


def store_match(node: Node, *, counterpart: str, **changes: Any) -> None:
    member = node.context.config.member
    values: dict[str, Any] = {
        "match_ref": MATCH_REF,
        "cluster_ref": "ff" * 16,
        "round_id": ROUND_ID,
        "round_number": 1,
        "published_at": START - timedelta(days=1),
        "nominal_ids": (f"{member}-n1",),
        "counterpart": counterpart,
        "counterpart_agency_type": "POLICE",
        "candidate_probability": 0.98,
        "score_lower": 61.0,
        "score_upper": 66.0,
        "rule_override": False,
        "breadth": 1,
        "other_forces": 1,
        "others_events": "2-4",
        "others_oldest": "366-730",
        "others_threats": ("DA",),
        "juvenile": False,
        "placeholder_weights": False,
    }
    match = Match(**(values | changes))
    node.context.store.rounds.store_matches(match.round_id, [match], now=START)


def change_match(node: Node, **changes: Any) -> None:
    """Replace the stored match, as if the round had told this node something else."""
    match = node.context.store.rounds.find_match(MATCH_REF)
    assert match is not None
    node.context.store.rounds.erase_matches(before=START + timedelta(days=400))
    node.context.store.rounds.store_matches(match.round_id, [replace(match, **changes)], now=START)


def fill_form(**changes: Any) -> dict[str, Any]:
    """The template's answers with everything filled in that a person must write."""
    written: dict[str, Any] = {
        "case_ref": "42EX/10234/26",
        "supervisor_id": "essex-ds-02",
        "risk_statement": STATEMENT,
        "necessity_statement": STATEMENT,
        "proportionality_statement": STATEMENT,
        "conflict_declaration": {"has_conflict": False, "statement": "I know nobody involved in this case."},
        "dpia_ref": "DPIA-2026-04",
        "isa_ref": "ISA-2026-11",
        "data_items_requested": ["IDENTITY_CORE", "INCIDENT_LIST", "ORDERS"],
    }
    return parse_form(render_template().encode()) | written | changes
