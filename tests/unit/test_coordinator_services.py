"""The coordinator's desks with a clock of the test's own: expiry, order of acts, nothing half-done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator.directory import Directory
from coordinator.erasure import RoundEraser
from coordinator.journal import Journal
from coordinator.rounds import Batch
from coordinator.segments import SegmentDirectory
from coordinator.services.enrolment import EnrolmentDesk
from coordinator.services.handlers import AgreementDesk, make_handlers
from coordinator.services.log import LogDesk
from coordinator.services.relay import Relay
from coordinator.services.rounds import RoundDesk
from coordinator.store.enrolments import EnrolmentStore
from coordinator.store.log import LogStore
from coordinator.store.relay import RelayStore
from coordinator.store.rounds import RoundStore
from coordinator.store.tables import metadata
from coordinator.transparency import TransparencyLog
from crypto.agreement import Agreement, sign_agreement
from crypto.errors import InputError, PolicyError, StateError, StorageError, VerificationError
from crypto.log.checkpoint import verify_checkpoint
from crypto.log.merkle import leaf_hash, verify_consistency, verify_inclusion
from crypto.pki import PeerIdentity, Role, create_authority
from crypto.signing import SigningKey
from protos.hosting.database import open_database
from protos.messages import EnrolmentApproval, RoundReference, RoundState, SignedDocument, SubmissionPart
from protos.methods import ENROLMENT_PORT_METHODS, MEMBER_PORT_METHODS
from tests.support.rounds_builder import AGREEMENT, NOW, OPENING, make_agreement
from tests.support.scripted_member import ScriptedMember, arrange_upload

FEDERATION = "east.example"
GOVERNANCE = SigningKey.generate()
OPERATOR = PeerIdentity(FEDERATION, Role.OPERATOR, "operator")
ESSEX = PeerIdentity(FEDERATION, Role.FORCE, "essex")
ORIGIN = "east.example/clew-log"


@dataclass
class Desks:
    """Every desk over one database, at a time that the test moves."""

    engine: sa.Engine
    folder: Path
    now: datetime = NOW
    log_key: SigningKey = field(default_factory=SigningKey.generate)

    def __post_init__(self) -> None:
        def clock() -> datetime:
            return self.now

        self.enrolments, self.round_store = EnrolmentStore(self.engine), RoundStore(self.engine)
        self.log = TransparencyLog(LogStore(self.engine), key=self.log_key, origin=ORIGIN)
        journal = Journal(self.log, clock)
        directory = Directory(
            self.enrolments, federation=FEDERATION, governance_public_key=GOVERNANCE.public_key, clock=clock
        )
        authority = create_authority(FEDERATION, now=NOW, lifetime=timedelta(days=365))
        lifetime = timedelta(days=90)
        self.enrolment = EnrolmentDesk(
            self.enrolments, authority, journal, certificate_lifetime=lifetime, clock=clock
        )
        self.agreement = AgreementDesk(self.enrolments, self.round_store, directory, journal)
        segments = SegmentDirectory(self.folder / "segments")
        eraser = RoundEraser(self.round_store, segments, journal)
        self.rounds = RoundDesk(self.round_store, segments, directory, journal, eraser, clock)
        self.relay = Relay(RelayStore(self.engine), directory, clock)
        self.log_desk = LogDesk(self.log, LogStore(self.engine), directory)

    def publish(self, agreement: Agreement) -> None:
        self.agreement.publish(OPERATOR, SignedDocument(sign_agreement(GOVERNANCE, agreement)))

    def count_entries(self) -> int:
        return len(LogStore(self.engine).list_entries())

    def list_segments(self) -> list[Path]:
        return [path for path in (self.folder / "segments").rglob("*") if path.is_file()]


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    engine = open_database(tmp_path / "coordinator.db", metadata)
    yield Desks(engine, tmp_path)
    engine.dispose()


def test_every_method_of_the_table_has_a_handler(desks: Desks) -> None:
    handlers = make_handlers(desks.enrolment, desks.agreement, desks.rounds, desks.relay, desks.log_desk)
    assert set(handlers) == {*MEMBER_PORT_METHODS, *ENROLMENT_PORT_METHODS}


def test_a_start_deletes_what_a_crash_left_of_a_round_that_is_over(desks: Desks) -> None:
    segments = SegmentDirectory(desks.folder / "segments")
    eraser = RoundEraser(desks.round_store, segments, Journal(desks.log, lambda: desks.now))
    desks.publish(AGREEMENT)
    running = desks.rounds.open_round(OPENING, operator="operator")
    received = desks.folder / "segments" / running.round_id / "segment"
    received.parent.mkdir()
    received.write_bytes(b"encodings")

    eraser.finish()
    assert desks.list_segments() == [received], "a round that runs needs its segments"
    desks.rounds.abandon(RoundReference(running.round_id), operator="operator")
    received.parent.mkdir()
    received.write_bytes(b"encodings")
    eraser.finish()
    assert desks.list_segments() == []


def test_nothing_can_be_done_before_an_agreement_is_published(desks: Desks) -> None:
    acts: tuple[Callable[[], object], ...] = (
        desks.agreement.get,
        lambda: desks.rounds.open_round(OPENING, operator="operator"),
    )
    for act in acts:
        with pytest.raises(StateError, match="no federation agreement has been published") as caught:
            act()
        assert caught.value.code == "NO_AGREEMENT"
    with pytest.raises(StateError, match="no round has been opened yet"):
        desks.rounds.get_latest()


def test_expired_agreement_stops_rounds_and_gives_way_to_its_successor(desks: Desks) -> None:
    desks.publish(AGREEMENT)
    desks.now = AGREEMENT.expires_at
    with pytest.raises(VerificationError, match="expected an agreement valid now, got one expired at"):
        desks.rounds.open_round(OPENING, operator="operator")
    successor = make_agreement(version=2, expires_at=desks.now + timedelta(days=30))
    desks.publish(successor)
    assert desks.rounds.open_round(OPENING, operator="operator").state is RoundState.OPEN


def test_expired_agreement_does_not_open_the_way_back(desks: Desks) -> None:
    desks.publish(make_agreement(version=5))
    desks.now = AGREEMENT.expires_at
    older = make_agreement(version=4, expires_at=desks.now + timedelta(days=30))
    with pytest.raises(VerificationError, match="expected agreement version 5 or later, got version 4"):
        desks.publish(older)


def test_invitation_lapses_in_the_words_of_any_refusal(desks: Desks) -> None:
    member = ScriptedMember("essex")
    secret = desks.enrolment.invite(member.invitation).secret
    desks.now += timedelta(hours=1, seconds=1)
    with pytest.raises(PolicyError, match="unknown, used by other keys or expired") as caught:
        desks.enrolment.enrol(member.enrol_request(secret))
    assert caught.value.code == "INVITATION_REFUSED"


@pytest.mark.parametrize(
    "changes",
    [
        {"signing_request_pem": b"-----BEGIN NONSENSE-----"},
        {"hpke_public_key": "!" * 44},
        {"signing_public_key": "A" * 44},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_malformed_keys_do_not_use_up_an_invitation(desks: Desks, changes: dict[str, object]) -> None:
    member = ScriptedMember("essex")
    secret = desks.enrolment.invite(member.invitation).secret
    with pytest.raises(InputError, match="expected"):
        desks.enrolment.enrol(replace(member.enrol_request(secret), **changes))  # type: ignore[arg-type]
    assert desks.enrolment.enrol(member.enrol_request(secret)).state == "PENDING"


def _break_log(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_entry: bytes) -> None:
        raise StorageError("the log cannot be written")

    monkeypatch.setattr(desks.log, "append", fail)


def test_no_round_opens_and_no_agreement_counts_when_the_log_cannot_be_written(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.publish(AGREEMENT)
    _break_log(desks, monkeypatch)
    with pytest.raises(StorageError, match="the log cannot be written"):
        desks.rounds.open_round(OPENING, operator="operator")
    assert desks.round_store.find_latest() is None
    with pytest.raises(StorageError, match="the log cannot be written"):
        desks.publish(make_agreement(version=2))
    assert desks.enrolments.get_agreement_version() == 1


def test_no_certificate_is_given_when_the_log_cannot_be_written(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = ScriptedMember("essex")
    request = member.enrol_request(desks.enrolment.invite(member.invitation).secret)
    desks.enrolment.enrol(request)
    (pending,) = desks.enrolment.list_enrolments().enrolments
    _break_log(desks, monkeypatch)
    with pytest.raises(StorageError, match="the log cannot be written"):
        desks.enrolment.approve(EnrolmentApproval("essex", pending.fingerprint), operator="operator")
    assert desks.enrolment.enrol(request).certificate_pem == b""


def test_refused_round_is_not_logged_as_opened(desks: Desks) -> None:
    desks.publish(AGREEMENT)
    desks.rounds.open_round(OPENING, operator="operator")
    before = desks.count_entries()
    with pytest.raises(StateError, match="round 1 is still OPEN; wait until it has closed"):
        desks.rounds.open_round(OPENING, operator="operator")
    assert desks.count_entries() == before


def test_upload_that_finishes_too_late_leaves_no_segment(desks: Desks) -> None:
    desks.publish(AGREEMENT)
    desks.rounds.open_round(OPENING, operator="operator")
    announced = desks.rounds.get_latest()
    upload = arrange_upload(announced, [bytes([n]) * 16 for n in range(20)], [bytes(128)] * 20)

    async def slow() -> AsyncIterator[SubmissionPart]:
        for part in upload.parts():
            yield part
        desks.round_store.change_round(
            announced.round_id, lambda stored: replace(stored, state=RoundState.MATCHING)
        )

    with pytest.raises(StateError, match="submissions are closed for this round") as caught:
        asyncio.run(desks.rounds.submit(ESSEX, slow()))
    assert caught.value.code == "TOO_LATE"
    assert desks.list_segments() == []


def test_overlapping_upload_of_other_content_cannot_replace_the_acknowledged_one(desks: Desks) -> None:
    desks.publish(AGREEMENT)
    desks.rounds.open_round(OPENING, operator="operator")
    announced = desks.rounds.get_latest()
    tokens = [bytes([n]) * 16 for n in range(20)]
    first = arrange_upload(announced, tokens, [bytes(128)] * 20)
    second = arrange_upload(announced, tokens, [b"\x01" * 128] * 20)

    async def first_parts() -> AsyncIterator[SubmissionPart]:
        for part in first.parts():
            yield part

    async def overlapping() -> AsyncIterator[SubmissionPart]:
        for part in second.parts():
            yield part
        await desks.rounds.submit(ESSEX, first_parts())

    with pytest.raises(StateError, match="other content was already submitted for this round"):
        asyncio.run(desks.rounds.submit(ESSEX, overlapping()))
    stored = desks.round_store.get_round(announced.round_id)
    assert stored.members["essex"].batches == (Batch(20, first.header.content_digest),)
    assert [path.name for path in desks.list_segments()] == [first.header.content_digest]


@pytest.mark.parametrize("start", [[], ["chunk"]], ids=["nothing", "a chunk first"])
def test_upload_without_a_header_is_refused(desks: Desks, start: list[str]) -> None:
    desks.publish(AGREEMENT)
    desks.rounds.open_round(OPENING, operator="operator")
    upload = arrange_upload(desks.rounds.get_latest(), [bytes(16)], [bytes(128)])

    async def headless() -> AsyncIterator[SubmissionPart]:
        for _ in start:
            yield SubmissionPart(chunk=upload.chunks[0])

    with pytest.raises(InputError, match="expected a submission's header first") as caught:
        asyncio.run(desks.rounds.submit(ESSEX, headless()))
    assert caught.value.code == "NO_HEADER"


@pytest.mark.parametrize(
    "caller",
    [PeerIdentity(FEDERATION, Role.FORCE, "suffolk"), PeerIdentity(FEDERATION, Role.PARTNER, "essex")],
    ids=["not in the agreement", "there in another role"],
)
def test_member_outside_the_agreement_cannot_submit(desks: Desks, caller: PeerIdentity) -> None:
    desks.publish(AGREEMENT)
    desks.rounds.open_round(OPENING, operator="operator")
    upload = arrange_upload(desks.rounds.get_latest(), [bytes(16)], [bytes(128)])

    async def parts() -> AsyncIterator[SubmissionPart]:
        for part in upload.parts():
            yield part

    with pytest.raises(PolicyError, match="this member is not in the current federation agreement") as caught:
        asyncio.run(desks.rounds.submit(caller, parts()))
    assert caught.value.code == "NOT_A_MEMBER"
    assert desks.list_segments() == []


def test_log_proves_each_entry_and_its_growth_over_restarts(desks: Desks) -> None:
    receipts = [desks.log.append(entry) for entry in (b"a", b"b", b"c")]
    assert desks.log.append(b"a").index == 0
    again = TransparencyLog(LogStore(desks.engine), key=desks.log_key, origin=ORIGIN)
    answer = again.get_checkpoint(2)
    new = verify_checkpoint(answer.checkpoint, origin=ORIGIN, public_key=desks.log_key.public_key)
    old = verify_checkpoint(receipts[1].checkpoint, origin=ORIGIN, public_key=desks.log_key.public_key)
    verify_consistency(old.size, old.root, new_size=new.size, new_root=new.root, proof=answer.consistency)
    for entry, receipt in zip((b"a", b"b", b"c"), receipts, strict=True):
        at = verify_checkpoint(receipt.checkpoint, origin=ORIGIN, public_key=desks.log_key.public_key)
        verify_inclusion(leaf_hash(entry), receipt.index, size=at.size, proof=receipt.proof, root=at.root)
    assert again.get_checkpoint(0).consistency == ()


def test_log_that_is_shorter_than_one_seen_says_what_to_do(desks: Desks) -> None:
    desks.log.append(b"a")
    with pytest.raises(InputError, match="expected a verified size of at most 1, got 2: this log") as caught:
        desks.log.get_checkpoint(2)
    assert caught.value.code == "LOG_SHRANK"
