"""What every engine under the coordinator's stores must do; one suite, run on each engine."""

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from coordinator import rounds
from coordinator.rounds import Round
from coordinator.store import relay as relay_module
from coordinator.store.enrolments import EnrolmentRow, EnrolmentStore
from coordinator.store.log import LogStore
from coordinator.store.relay import MAX_FETCHED, RelayStore
from coordinator.store.rounds import AskedRow, ClusterRecord, Match, RoundStore
from coordinator.store.tables import metadata
from crypto.errors import StateError
from crypto.pki import Role
from protos.hosting.database import open_database
from protos.messages import (
    EnrolmentState,
    MemberMatch,
    MemberResults,
    RelayKind,
    RelayMessage,
    Resolution,
    RoundState,
    ViewRow,
)
from tests.support.rounds_builder import AGREEMENT, DIGEST, NOW, OPENING, ROUND_ID


@dataclass(frozen=True)
class Backend:
    """One engine under test: opens it (again), and reads the raw bytes of all it keeps."""

    open: Callable[[], sa.Engine]
    read_raw: Callable[[], bytes]


def _sqlite(folder: Path) -> Backend:
    return Backend(
        open=lambda: open_database(folder / "coordinator.db", metadata),
        read_raw=lambda: b"".join(path.read_bytes() for path in folder.iterdir()),
    )


BACKENDS: dict[str, Callable[[Path], Backend]] = {"sqlite": _sqlite}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    return BACKENDS[request.param](tmp_path)


@pytest.fixture
def engine(backend: Backend) -> Iterator[sa.Engine]:
    opened = backend.open()
    yield opened
    opened.dispose()


def _row(member: str = "essex", state: EnrolmentState = EnrolmentState.INVITED) -> EnrolmentRow:
    return EnrolmentRow(
        member, member.title(), Role.FORCE, "POLICE", state, b"h" * 32, "2026-11-24T00:00:00.000Z"
    )


def test_enrolment_reads_back_as_stored_after_reopening(backend: Backend, engine: sa.Engine) -> None:
    row = dataclasses.replace(_row(), fingerprint="1a2b", certificate_pem=b"pem")
    EnrolmentStore(engine).add_enrolment(row)
    engine.dispose()
    again = backend.open()
    assert EnrolmentStore(again).find_enrolment("essex") == row
    assert EnrolmentStore(again).find_enrolment("kent") is None
    again.dispose()


def test_unused_invitation_is_replaced_and_a_used_one_stands(engine: sa.Engine) -> None:
    store = EnrolmentStore(engine)
    store.add_enrolment(_row())
    store.add_enrolment(dataclasses.replace(_row(), secret_hash=b"n" * 32))
    assert [row.secret_hash for row in store.list_enrolments()] == [b"n" * 32]
    pending = dataclasses.replace(_row(), state=EnrolmentState.PENDING)
    store.update_enrolment(pending, expected=EnrolmentState.INVITED)
    with pytest.raises(StateError, match="essex has enrolled already") as caught:
        store.add_enrolment(_row())
    assert caught.value.code == "ALREADY_ENROLLED"
    assert store.find_enrolment("essex") == pending


def test_enrolment_that_has_moved_on_is_not_overwritten(engine: sa.Engine) -> None:
    store = EnrolmentStore(engine)
    store.add_enrolment(_row())
    approved = dataclasses.replace(_row(), state=EnrolmentState.APPROVED)
    with pytest.raises(
        StateError, match="the enrolment has changed meanwhile; list enrolments and try again"
    ):
        store.update_enrolment(approved, expected=EnrolmentState.PENDING)
    assert store.find_enrolment("essex") == _row()


def test_enrolments_are_listed_by_name(engine: sa.Engine) -> None:
    store = EnrolmentStore(engine)
    for member in ("kent", "care", "essex"):
        store.add_enrolment(_row(member))
    assert [row.member for row in store.list_enrolments()] == ["care", "essex", "kent"]


def test_highest_agreement_version_counts_and_a_version_never_changes(engine: sa.Engine) -> None:
    store = EnrolmentStore(engine)
    assert (store.find_agreement(), store.get_agreement_version()) == (None, 0)
    for version in (1, 3, 2):
        store.add_agreement(version, f"agreement {version}".encode())
    store.add_agreement(3, b"agreement 3")
    assert (store.find_agreement(), store.get_agreement_version()) == (b"agreement 3", 3)
    with pytest.raises(StateError, match="agreement version 3 is published already; raise the version"):
        store.add_agreement(3, b"another")
    assert store.find_agreement() == b"agreement 3"


def _make(number: int, round_id: str = ROUND_ID) -> Round:
    return rounds.open_round(OPENING, AGREEMENT, number=number, round_id=round_id, now=NOW)


def _published(current: Round) -> Round:
    return dataclasses.replace(current, state=RoundState.PUBLISHED)


def test_rounds_are_numbered_and_only_one_runs(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    assert store.find_latest() is None
    first = store.add_round(_make)
    assert (first.number, store.get_round(ROUND_ID), store.find_latest()) == (1, first, first)
    with pytest.raises(StateError, match="round 1 is still OPEN; wait until it has closed"):
        store.add_round(lambda number: _make(number, DIGEST))
    store.change_round(ROUND_ID, lambda stored: rounds.fail(stored, "INTERNAL"))
    assert store.add_round(lambda number: _make(number, "second")).number == 2


def test_unknown_round_is_refused(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    for act in (store.get_round, lambda round_id: store.change_round(round_id, rounds.begin_matching)):
        with pytest.raises(StateError, match="this round is over or unknown") as caught:
            act(ROUND_ID)
        assert caught.value.code == "STALE_ROUND"


def test_refused_change_leaves_the_round_and_its_data_as_they_were(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    before = store.add_round(_make)
    record = ClusterRecord(b"c" * 16, "essex", b"t" * 16)
    with pytest.raises(StateError, match="expected a round in state PUBLISHED, got OPEN"):
        store.add_clusters(ROUND_ID, rounds.close, [record], [])
    assert store.get_round(ROUND_ID) == before
    assert store.list_cluster_records(ROUND_ID) == ()


def test_changes_made_at_once_are_all_kept(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    store.add_round(_make)
    names = [member.name for member in AGREEMENT.members]
    digests = {name: f"{index:064x}" for index, name in enumerate(names, start=1)}

    def submit(name: str) -> None:
        store.change_round(
            ROUND_ID,
            lambda stored: rounds.record_batch(stored, name, 0, rounds.Batch(1, digests[name])),
        )

    threads = [threading.Thread(target=submit, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = store.get_round(ROUND_ID).members
    assert {name: part.batches[0].content_digest for name, part in stored.items()} == digests


ASKED = [
    AskedRow("essex", 0, 3, b"a" * 16),
    AskedRow("essex", 0, 5, b"b" * 16),
    AskedRow("essex", 2, 3, b"a" * 16),
    AskedRow("kent", 0, 1, b"k" * 16),
]


def _ask(store: RoundStore) -> None:
    store.add_round(_make)
    matching = rounds.begin_matching(store.get_round(ROUND_ID))
    store.add_comparison(
        ROUND_ID, lambda _: rounds.record_comparison(matching, asked={"essex": 3, "kent": 1}, now=NOW), ASKED
    )


def _record(record: bytes, *rows: tuple[int, bytes]) -> Resolution:
    return Resolution(record, tuple(ViewRow(view, token) for view, token in rows))


def _resolve(store: RoundStore, member: str, *answers: Resolution) -> None:
    store.add_resolutions(
        ROUND_ID,
        member,
        answers,
        change=lambda stored, records, complete: rounds.record_resolutions(
            stored, member, records=records, complete=complete
        ),
    )


def _progress(store: RoundStore, member: str) -> tuple[int, bool]:
    part = store.get_round(ROUND_ID).members[member]
    return part.records_resolved, part.resolved


def test_rows_to_resolve_are_each_members_own_and_come_in_pages(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    _ask(store)
    assert store.list_asked_rows(ROUND_ID, "essex") == tuple(ASKED[:3])
    assert store.list_asked_rows(ROUND_ID, "essex", start=1, count=1) == (ASKED[1],)
    assert store.list_asked_rows(ROUND_ID, "essex", start=3, count=9) == ()
    assert store.list_asked_rows(ROUND_ID, "kent") == (ASKED[3],)
    assert store.list_asked_rows("another", "kent") == ()


def test_a_member_has_resolved_once_every_row_is_in_a_record(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    _ask(store)
    _resolve(store, "essex", _record(b"1" * 16, (0, b"a" * 16)))
    assert _progress(store, "essex") == (1, False)
    _resolve(store, "essex", _record(b"2" * 16, (0, b"b" * 16), (2, b"a" * 16)))
    for _ in range(2):  # the same again is taken once
        _resolve(store, "essex", _record(b"1" * 16, (0, b"a" * 16)))
    assert _progress(store, "essex") == (2, True)
    assert [row.record for row in store.list_asked_rows(ROUND_ID, "essex")] == [b"1" * 16, *[b"2" * 16] * 2]
    assert _progress(store, "kent") == (0, False)


@pytest.mark.parametrize(
    "row",
    [(0, b"k" * 16), (2, b"b" * 16), (1, b"a" * 16), (0, b"?" * 16)],
    ids=["another's", "of another view", "of a view that was not asked about", "nobody's"],
)
def test_resolving_a_row_that_was_not_asked_for_refuses_the_whole_batch(
    engine: sa.Engine, row: tuple[int, bytes]
) -> None:
    store = RoundStore(engine)
    _ask(store)
    with pytest.raises(StateError, match="names a row that was not asked for") as caught:
        _resolve(store, "essex", _record(b"1" * 16, (0, b"a" * 16), row))
    assert caught.value.code == "NOT_ASKED"
    assert _progress(store, "essex") == (0, False)
    assert store.list_asked_rows(ROUND_ID, "essex") == tuple(ASKED[:3])


def test_a_row_is_never_resolved_to_another_record(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    _ask(store)
    _resolve(store, "essex", _record(b"1" * 16, (0, b"a" * 16)))
    with pytest.raises(StateError, match="or that was resolved otherwise before"):
        _resolve(store, "essex", _record(b"2" * 16, (0, b"a" * 16), (0, b"b" * 16)))
    assert [row.record for row in store.list_asked_rows(ROUND_ID, "essex")] == [b"1" * 16, None, None]


def test_resolutions_after_the_stage_change_nothing(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    _ask(store)
    store.change_round(ROUND_ID, rounds.begin_linking)
    with pytest.raises(StateError, match="expected a round in state RESOLVING, got LINKING"):
        _resolve(store, "essex", _record(b"1" * 16, (0, b"a" * 16)))
    assert [row.record for row in store.list_asked_rows(ROUND_ID, "essex")] == [None] * 3


def _cluster(store: RoundStore) -> None:
    store.add_round(_make)
    records = [
        ClusterRecord(b"c" * 16, name, name.encode().ljust(16, b"!")) for name in ("kent", "essex", "care")
    ]
    matches = [Match(b"m" * 16, b"c" * 16, "essex", "kent", 0.93)]
    store.add_clusters(ROUND_ID, lambda stored: stored, records, matches)


def test_cluster_records_are_read_per_member_and_answered_once_asked(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    _cluster(store)
    (own,) = store.list_cluster_records(ROUND_ID, "essex")
    assert (own.token, own.envelope) == (b"essex".ljust(16, b"!"), None)
    assert [record.member for record in store.list_cluster_records(ROUND_ID)] == ["care", "essex", "kent"]
    store.add_answers(ROUND_ID, "essex", {own.token: b"signed"}, when_complete=lambda stored: stored)
    assert store.list_cluster_records(ROUND_ID, "essex")[0].envelope == b"signed"
    assert store.list_matches(ROUND_ID) == (Match(b"m" * 16, b"c" * 16, "essex", "kent", 0.93),)


@pytest.mark.parametrize("token", [b"kent".ljust(16, b"!"), b"?" * 16], ids=["another's", "nobody's"])
def test_answer_to_what_was_not_asked_refuses_the_whole_batch(engine: sa.Engine, token: bytes) -> None:
    store = RoundStore(engine)
    _cluster(store)
    own = b"essex".ljust(16, b"!")
    with pytest.raises(StateError, match="an answer names a token that was not asked for") as caught:
        store.add_answers(
            ROUND_ID, "essex", {own: b"signed", token: b"signed"}, when_complete=lambda stored: stored
        )
    assert caught.value.code == "NOT_ASKED"
    assert {record.envelope for record in store.list_cluster_records(ROUND_ID)} == {None}


def _results(token: bytes) -> MemberResults:
    match = MemberMatch(token, b"c" * 16, (), 1.0, 2.0, False, 1, 1, "2-4", "366-730", ("DA",), False, True)
    return MemberResults(ROUND_ID, NOW, (match,))


def test_results_are_each_members_own(engine: sa.Engine) -> None:
    store = RoundStore(engine)
    store.add_round(_make)
    store.add_results(ROUND_ID, {"essex": _results(b"e" * 16)}, published_at=NOW, change=_published)
    assert store.get_results(ROUND_ID, "essex") == _results(b"e" * 16)
    for round_id, member in ((ROUND_ID, "kent"), ("another", "essex")):
        with pytest.raises(StateError, match="no results wait for this member in this round") as caught:
            store.get_results(round_id, member)
        assert caught.value.code == "NO_RESULTS"


def test_erased_round_leaves_no_token_summary_or_result_in_any_file(
    backend: Backend, engine: sa.Engine
) -> None:
    store = RoundStore(engine)
    store.add_round(_make)
    token, envelope, in_results = os.urandom(16), os.urandom(300), os.urandom(16)
    asked, resolved = os.urandom(16), os.urandom(16)
    rows = [AskedRow("essex", 0, 0, asked, resolved)]
    store.add_comparison(ROUND_ID, lambda stored: stored, rows)
    record = ClusterRecord(b"c" * 16, "essex", token)
    store.add_clusters(
        ROUND_ID, lambda stored: stored, [record], [Match(b"m" * 16, b"c" * 16, "a", "b", 0.9)]
    )
    store.add_answers(ROUND_ID, "essex", {token: envelope}, when_complete=lambda stored: stored)
    store.add_results(ROUND_ID, {"essex": _results(in_results)}, published_at=NOW, change=_published)
    canaries = (token, envelope, in_results, asked, resolved)
    assert all(canary in backend.read_raw() for canary in canaries), "the search finds what is there"
    store.erase_round(ROUND_ID, rounds.close)
    assert not [canary for canary in canaries if canary in backend.read_raw()]
    assert store.list_matches(ROUND_ID) == (), "members keep the handles, the coordinator none"
    assert store.get_round(ROUND_ID).state is RoundState.CLOSED


def _message(number: int = 1, *, sender: str = "essex", recipient: str = "kent") -> RelayMessage:
    message_id = f"{number:08x}-1111-4111-8111-111111111111"
    return RelayMessage(message_id, sender, recipient, RelayKind.REQUEST, f"sealed {number}".encode())


def test_message_waits_for_its_recipient_alone_until_it_is_acknowledged(engine: sa.Engine) -> None:
    store = RelayStore(engine)
    store.add_message(_message(), sent_at=NOW)
    (waiting,) = store.list_waiting("kent")
    assert waiting == dataclasses.replace(_message(), sent_at=NOW)
    assert store.list_waiting("essex") == ()
    assert store.forget_messages("essex", [waiting.message_id]) == 0
    assert store.list_waiting("kent") == (waiting,)
    assert store.forget_messages("kent", [waiting.message_id]) == 1
    assert store.list_waiting("kent") == ()


def test_message_sent_twice_is_one_message_even_after_delivery(engine: sa.Engine) -> None:
    store = RelayStore(engine)
    for _ in range(2):
        store.add_message(_message(), sent_at=NOW)
    assert len(store.list_waiting("kent")) == 1
    store.forget_messages("kent", [_message().message_id])
    store.add_message(_message(), sent_at=NOW + timedelta(hours=1))
    assert store.list_waiting("kent") == ()


def test_senders_choose_message_ids_independently(engine: sa.Engine) -> None:
    store = RelayStore(engine)
    store.add_message(_message(sender="essex"), sent_at=NOW)
    store.add_message(_message(sender="care"), sent_at=NOW)
    for sender in ("essex", "care"):  # one id at a time: an acknowledgement names the id alone
        assert [message.sender for message in store.list_waiting("kent")] == [sender]
        assert store.forget_messages("kent", [_message().message_id]) == 1
    assert store.list_waiting("kent") == ()


def test_no_sender_holds_up_the_others(engine: sa.Engine) -> None:
    store = RelayStore(engine)
    for number in range(MAX_FETCHED + 3):
        store.add_message(_message(number, sender="care"), sent_at=NOW)
    store.add_message(_message(99, sender="essex"), sent_at=NOW)
    assert [message.sender for message in store.list_waiting("kent")][:3] == ["care", "essex", "care"]


def test_oldest_messages_come_first_and_a_bounded_number_at_a_time(engine: sa.Engine) -> None:
    store = RelayStore(engine)
    for number in range(MAX_FETCHED + 3):
        store.add_message(_message(number), sent_at=NOW)
    fetched = store.list_waiting("kent")
    assert [message.sealed for message in fetched] == [f"sealed {n}".encode() for n in range(MAX_FETCHED)]
    store.forget_messages("kent", [message.message_id for message in fetched])
    assert len(store.list_waiting("kent")) == 3


def test_full_relay_refuses_for_that_sender_and_recipient_only(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "MAX_WAITING", 2)
    store = RelayStore(engine)
    for number in range(2):
        store.add_message(_message(number), sent_at=NOW)
    with pytest.raises(
        StateError, match="too many of your messages wait for this recipient; try again"
    ) as caught:
        store.add_message(_message(2), sent_at=NOW)
    assert caught.value.code == "RELAY_FULL"
    store.add_message(_message(0), sent_at=NOW)  # known already, so nothing more waits
    store.add_message(_message(3, recipient="care"), sent_at=NOW)
    store.add_message(_message(4, sender="suffolk"), sent_at=NOW)
    assert (len(store.list_waiting("kent")), len(store.list_waiting("care"))) == (3, 1)


def test_log_keeps_order_and_gives_the_same_bytes_the_same_place(backend: Backend, engine: sa.Engine) -> None:
    store = LogStore(engine)
    assert [store.append(entry) for entry in (b"a", b"b", b"a", b"c", b"b")] == [0, 1, 0, 2, 1]
    engine.dispose()
    again = backend.open()
    assert LogStore(again).list_entries() == (b"a", b"b", b"c")
    assert LogStore(again).append(b"d") == 3
    again.dispose()


@pytest.mark.parametrize(
    ("start", "count", "entries"),
    [
        (0, 2, (b"0", b"1")),
        (2, 9, (b"2", b"3")),
        (4, 1, ()),
        (2**53 - 1, 500, ()),
        (1, None, (b"1", b"2", b"3")),
    ],
)
def test_log_hands_out_any_range(
    engine: sa.Engine, start: int, count: int | None, entries: tuple[bytes, ...]
) -> None:
    store = LogStore(engine)
    for number in range(4):
        store.append(str(number).encode())
    assert store.list_entries(start, count) == entries
