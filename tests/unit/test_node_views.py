"""A node's part in a round of salted views, against a coordinator that a test scripts, honest or not."""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import CapturingLogger

from crypto.agreement import Agreement
from crypto.canonical import parse_json
from crypto.encoding import precheck
from crypto.encoding.schema import LinkageSchema
from crypto.errors import StateError, StorageError, TransportError, VerificationError
from crypto.keys import generate_linkage_key
from crypto.log.entry import LogEntry, verify_entry
from node.context import NodeContext
from node.inbox import Inbox
from node.participation import RoundWorker, tick
from node.records import Records
from node.status import describe_status
from node.store.rounds import BatchState, Stage
from protos.messages import (
    MemberMatch,
    MemberResults,
    ResolutionBatch,
    RoundState,
    SubmissionHeader,
    ViewRow,
    split_tokens,
)
from tests.support import node_bench as bench
from tests.support.node_bench import NOW, ScriptedCoordinator
from tests.support.view_schemas import make_views_schema

PEOPLE = 12


def make_records(first: int = 0, count: int = PEOPLE, **changes: Any) -> Records:
    numbers = range(first, first + count)
    return Records(
        nominals=tuple(bench.make_nominal(f"N{number}", **changes) for number in numbers),
        crimes=tuple(bench.make_crime(f"C{number}") for number in numbers),
        parties=tuple(bench.make_party(f"C{number}", f"N{number}") for number in numbers),
    )


@dataclass
class Desk:
    """One node in a federation that links by views, and the coordinator it talks to."""

    path: Path
    schema: LinkageSchema = field(default_factory=make_views_schema)
    coordinator: ScriptedCoordinator = field(default_factory=ScriptedCoordinator)
    said: CapturingLogger = field(default_factory=CapturingLogger)
    member: Any = field(default_factory=lambda: (bench.make_config("essex"), bench.make_keys()))

    def __post_init__(self) -> None:
        self.agreement: Agreement = bench.make_agreement({"essex": self.member}, schema=self.schema)
        self.coordinator.agreement = bench.sign(self.agreement)
        self.announce()

    def announce(self, **changes: Any) -> None:
        self.coordinator.announced = bench.announce(self.agreement, **changes)

    def open(self) -> AbstractContextManager[NodeContext]:
        return bench.open_bench(self.path, self.coordinator, *self.member)

    def start(self, context: NodeContext) -> RoundWorker:
        return RoundWorker(context, structlog.wrap_logger(self.said))

    def tick(self, context: NodeContext, worker: RoundWorker | None = None) -> None:
        tick(context, Inbox(context, {}, structlog.wrap_logger(self.said)), worker or self.start(context))

    def resolve(self, context: NodeContext, *question: ViewRow) -> dict[bytes, set[ViewRow]]:
        """Let the coordinator ask, and return the rows of each record that the node named."""
        self.coordinator.question = question
        self.announce(state=RoundState.RESOLVING)
        self.tick(context)
        return self.sent_records()

    def sent_records(self) -> dict[bytes, set[ViewRow]]:
        return {
            answer.token: set(answer.rows)
            for name, request in self.coordinator.calls
            if name == "SendResolutions" and isinstance(request, ResolutionBatch)
            for answer in request.answers
        }

    def headers(self) -> list[SubmissionHeader]:
        return [upload[0].header for upload in self.coordinator.uploads if upload[0].header]

    def entries(self) -> list[LogEntry]:
        keys = {"essex": self.member[1].signing.public_key}
        return [verify_entry(entry, keys) for entry in self.coordinator.entries]

    def logged(self) -> list[str]:
        return [entry.justification_code for entry in self.entries()]

    def list_sealed(self) -> list[str]:
        return sorted(path.name for path in (self.path / "essex-rounds").rglob("*") if path.is_file())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def essex(desk: Desk) -> Iterator[NodeContext]:
    with desk.open() as context:
        context.store.federation.store_linkage_key(generate_linkage_key(1))
        context.store.records.store_records(make_records())
        yield context


def rows_of(desk: Desk, context: NodeContext, *nominal_ids: str) -> list[ViewRow]:
    """Return a person's row in each view, or those of a dummy."""
    assert desk.coordinator.announced is not None
    own = bench.open_files(context, desk.coordinator.announced).load_map()
    rows = []
    for view in range(3):
        tokens = [
            token
            for upload in desk.coordinator.uploads
            for part in upload
            if part.chunk and part.chunk.view == view
            for token in split_tokens(part.chunk.tokens)
        ]
        found = own.find_holders(view, tokens)
        rows += [
            ViewRow(view, token)
            for token, holder in found.items()
            if (own.get_nominal_ids(holder) == nominal_ids if nominal_ids else holder == (0, -1))
        ]
    return rows


# Submitting


def test_every_view_is_submitted_with_the_padded_count(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)

    (header,) = desk.headers()
    assert (header.record_count, header.batch) == (16, 0)
    chunks = [part.chunk for part in desk.coordinator.uploads[0] if part.chunk]
    assert [(chunk.view, len(chunk.tokens) // 16) for chunk in chunks] == [(0, 16), (1, 16), (2, 16)]
    assert all(len(chunk.blocks) == len(chunk.tokens) for chunk in chunks)


def test_after_a_crash_the_same_bytes_are_sent_and_nothing_is_prepared_again(desk: Desk) -> None:
    desk.coordinator.failures["Submit"] = TransportError("cut off")
    with desk.open() as context:
        context.store.federation.store_linkage_key(generate_linkage_key(1))
        context.store.records.store_records(make_records())
        with pytest.raises(TransportError, match="cut off"):
            desk.tick(context)
    desk.coordinator.failures.clear()
    with desk.open() as context:
        desk.tick(context)

    first, second = desk.coordinator.uploads
    assert first == second
    assert desk.logged().count("ROUND_SUBMISSION") == 1
    assert desk.list_sealed() == ["batch-0.map"], "rows go once the coordinator has them"


def test_a_crash_before_the_batch_is_named_prepares_it_anew(
    desk: Desk, essex: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(essex.store.rounds, "store_first_batch", lambda *_args, **_kw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.tick(essex)
    assert desk.coordinator.uploads == []
    desk.tick(essex)
    assert len(desk.headers()) == 1
    assert essex.store.rounds.find_latest() is not None


def test_files_of_a_batch_that_never_was_go_when_the_round_is_over(
    desk: Desk, essex: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(essex.store.rounds, "store_first_batch", lambda *_args, **_kw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.tick(essex)
    assert desk.list_sealed() == ["batch-0.map", "batch-0.rows"]
    desk.announce(state=RoundState.CLOSED)
    desk.tick(essex)
    assert desk.list_sealed() == []


# Deltas


def test_people_who_are_new_while_the_round_is_open_follow_in_a_padded_batch(
    desk: Desk, essex: NodeContext
) -> None:
    worker = desk.start(essex)
    for _ in range(2):
        desk.tick(essex, worker)
    assert len(desk.headers()) == 1, "nobody new, nothing sent"
    essex.store.records.store_records(make_records(PEOPLE, 1))
    for _ in range(2):
        desk.tick(essex, worker)

    assert [(h.batch, h.record_count) for h in desk.headers()] == [(0, 16), (1, 8)]
    part = essex.store.rounds.find_latest()
    assert part is not None
    assert (part.state, part.record_count) == (Stage.SUBMITTED, 24)
    assert desk.logged().count("ROUND_SUBMISSION") == 2
    assert len(desk.resolve(essex, *rows_of(desk, essex, "N12"), *rows_of(desk, essex, "N0"))) == 2


def test_changes_to_people_who_were_submitted_wait_for_the_next_round(desk: Desk, essex: NodeContext) -> None:
    worker = desk.start(essex)
    desk.tick(essex, worker)
    essex.store.records.store_records(make_records(0, 1, surname="OTHER"))
    desk.tick(essex, worker)

    assert len(desk.headers()) == 1


def test_a_restarted_node_looks_once_for_people_who_came_meanwhile(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    essex.store.records.store_records(make_records(PEOPLE, 2))
    desk.tick(essex)

    assert [h.batch for h in desk.headers()] == [0, 1]


def test_a_batch_that_came_too_late_is_no_part_of_the_round(desk: Desk, essex: NodeContext) -> None:
    worker = desk.start(essex)
    desk.tick(essex, worker)
    essex.store.records.store_records(make_records(PEOPLE, 1))
    desk.coordinator.failures["Submit"] = StateError("submissions are closed", code="TOO_LATE")
    desk.tick(essex, worker)
    desk.coordinator.failures.clear()

    part = essex.store.rounds.find_latest()
    assert part is not None
    assert (part.state, part.record_count) == (Stage.SUBMITTED, 16)
    round_id = part.round_id
    assert [batch.state for batch in essex.store.rounds.list_batches(round_id)] == [BatchState.SENT]
    assert len(desk.resolve(essex, *rows_of_first(desk, essex, "N0"))) == 1


def rows_of_first(desk: Desk, context: NodeContext, *nominal_ids: str) -> list[ViewRow]:
    desk.coordinator.uploads = desk.coordinator.uploads[:1]
    return rows_of(desk, context, *nominal_ids)


# The pre-check


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pre-check stop a member of a few dozen records."""
    monkeypatch.setattr(precheck, "MIN_STOP_RECORDS", 20)


@pytest.mark.usefixtures("strict")
def test_records_that_cannot_be_linked_are_not_submitted_and_the_status_says_why(
    desk: Desk, essex: NodeContext
) -> None:
    essex.store.records.store_records(make_records(0, 60, dob=None))
    worker = desk.start(essex)
    for _ in range(3):
        desk.tick(essex, worker)

    assert desk.coordinator.uploads == []
    said = [call.args for call in desk.said.calls]
    assert sum("not submitted" in str(line) for line in said) == 1, "once, not every tick"
    status = describe_status(essex, is_enrolled=True)
    assert status["linkability_stopped"] is True
    assert any(finding.startswith("STOP dob: ") for finding in status["linkability_findings"])
    assert not any("SURNAME" in finding for finding in status["linkability_findings"])


@pytest.mark.usefixtures("strict")
def test_mended_records_are_submitted_in_the_same_round(desk: Desk, essex: NodeContext) -> None:
    essex.store.records.store_records(make_records(0, 60, dob=None))
    worker = desk.start(essex)
    desk.tick(essex, worker)
    nominals = tuple(
        bench.make_nominal(f"N{n}", dob=NOW.date().replace(year=1950 + n), postcode=f"CM{n % 20 + 1} 1AA")
        for n in range(60)
    )
    essex.store.records.store_records(Records(nominals=nominals))
    desk.tick(essex, worker)

    assert len(desk.headers()) == 1
    assert describe_status(essex, is_enrolled=True)["linkability_stopped"] is False


# Resolving


def test_rows_of_one_person_are_named_as_one_record_page_by_page(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    first, second = rows_of(desk, essex, "N0"), rows_of(desk, essex, "N1")
    named = desk.resolve(essex, *first[:2], *second)

    assert sorted(named.values(), key=len) == [set(first[:2]), set(second)]
    assert desk.coordinator.names().count("GetResolutionRequests") == 2, "five rows, three a page"
    part = essex.store.rounds.find_latest()
    assert part is not None
    assert part.state is Stage.RESOLVED
    desk.tick(essex)
    assert desk.coordinator.names().count("SendResolutions") == 1, (
        "an answered question is not asked for again"
    )


def test_a_dummy_is_named_like_a_person_and_has_nothing_to_tell(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    dummy = rows_of(desk, essex)
    named = desk.resolve(essex, *dummy)
    assert list(named.values()) == [set(dummy)]
    desk.coordinator.asked = tuple(named)
    desk.announce(state=RoundState.ASSESSING)
    desk.tick(essex)

    (batch,) = [request for name, request in desk.coordinator.calls if name == "SendSummaries"]
    assert [(answer.token, answer.envelope) for answer in batch.answers] == [(*named, b"")]
    desk.coordinator.results = results_for(desk, *named)
    desk.announce(state=RoundState.PUBLISHED)
    desk.tick(essex)
    assert essex.store.rounds.load_matches() == (), "a match with a dummy is nobody's"


def results_for(desk: Desk, token: bytes) -> MemberResults:
    match = MemberMatch(token, b"c" * 16, (), 1.0, 2.0, False, 1, 1, "2-4", "366-730", (), False, False)
    return MemberResults(bench.announce(desk.agreement).round_id, NOW, (match,))


def test_summaries_are_signed_for_the_records_that_were_named(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    (token,) = desk.resolve(essex, *rows_of(desk, essex, "N3"))
    desk.coordinator.asked = (token,)
    desk.announce(state=RoundState.ASSESSING)
    desk.tick(essex)

    (batch,) = [request for name, request in desk.coordinator.calls if name == "SendSummaries"]
    assert parse_json(batch.answers[0].envelope)["body"]["round_id"] == batch.round_id


def test_row_tokens_are_no_record_tokens(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    rows = rows_of(desk, essex, "N3")
    desk.resolve(essex, *rows)
    desk.coordinator.asked = (rows[0].token,)
    desk.announce(state=RoundState.ASSESSING)

    with pytest.raises(VerificationError, match="record tokens that this node did not submit"):
        desk.tick(essex)


def test_the_resolution_is_logged_before_it_leaves(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    desk.coordinator.failures["Append"] = TransportError("the log is away")
    with pytest.raises(TransportError, match="the log is away"):
        desk.resolve(essex, *rows_of(desk, essex, "N0"))
    assert "SendResolutions" not in desk.coordinator.names()

    desk.coordinator.failures.clear()
    desk.tick(essex)
    names = desk.coordinator.names()
    assert desk.logged()[-1] == "ROUND_RESOLUTION"
    assert max(i for i, name in enumerate(names) if name == "Append") < names.index("SendResolutions")


def test_after_a_crash_the_same_answer_is_sent(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    desk.coordinator.failures["SendResolutions"] = TransportError("cut off")
    with pytest.raises(TransportError, match="cut off"):
        desk.resolve(essex, *rows_of(desk, essex, "N0"), *rows_of(desk, essex, "N1"))
    desk.coordinator.failures.clear()
    desk.tick(essex)

    first, second = [request for name, request in desk.coordinator.calls if name == "SendResolutions"]
    assert first == second
    assert desk.logged().count("ROUND_RESOLUTION") == 1


def test_a_crash_before_the_answer_is_named_answers_anew(
    desk: Desk, essex: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.tick(essex)
    rows = rows_of(desk, essex, "N0")
    with monkeypatch.context() as patched:
        patched.setattr(essex.store.rounds, "record_question", lambda *_args, **_kw: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.resolve(essex, *rows)
    assert len(desk.resolve(essex, *rows)) == 1
    assert desk.logged().count("ROUND_RESOLUTION") == 1


def test_a_coordinator_that_asks_about_too_many_records_is_refused_and_it_is_logged(
    desk: Desk, essex: NodeContext
) -> None:
    desk.tick(essex)
    rows = [row for number in range(9) for row in rows_of(desk, essex, f"N{number}")]
    worker = desk.start(essex)
    desk.coordinator.question = tuple(rows)
    desk.announce(state=RoundState.RESOLVING)
    for _ in range(3):
        with pytest.raises(StateError, match="rows of 9 records, the agreement allows 8 of 16"):
            desk.tick(essex, worker)

    assert "SendResolutions" not in desk.coordinator.names()
    assert desk.logged().count("RESOLUTION_REFUSED") == 1
    denied = next(e for e in desk.entries() if e.justification_code == "RESOLUTION_REFUSED")
    assert (denied.event_type.value, denied.result.value) == ("POLICY_DENY", "DENIED")
    part = essex.store.rounds.find_latest()
    assert part is not None
    assert (part.state, part.question_digest) == (Stage.SUBMITTED, "")


def test_another_question_in_the_same_round_is_refused(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    desk.coordinator.failures["SendResolutions"] = TransportError("cut off")
    with pytest.raises(TransportError):
        desk.resolve(essex, *rows_of(desk, essex, "N0"))
    desk.coordinator.failures.clear()
    with pytest.raises(StateError, match="asks about other rows than before in the same round"):
        desk.resolve(essex, *rows_of(desk, essex, "N1"))

    assert desk.coordinator.names().count("SendResolutions") == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ViewRow(0, b"?" * 16), "row tokens that this node did not submit"),
        (ViewRow(3, b"?" * 16), "about a view that the schema does not have"),
    ],
    ids=["nobody's", "no such view"],
)
def test_rows_that_are_not_this_nodes_are_refused(
    desk: Desk, essex: NodeContext, row: ViewRow, message: str
) -> None:
    desk.tick(essex)
    with pytest.raises(VerificationError, match=message):
        desk.resolve(essex, row)
    assert "SendResolutions" not in desk.coordinator.names()


def test_a_question_without_end_is_refused(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    desk.coordinator.page_rows = 0
    with pytest.raises(VerificationError, match="expected the pages of one question"):
        desk.resolve(essex, *rows_of(desk, essex, "N0"))


def test_nobody_alike_leaves_nothing_to_say(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    assert desk.resolve(essex) == {}
    part = essex.store.rounds.find_latest()
    assert part is not None
    assert part.state is Stage.RESOLVED
    assert "ROUND_RESOLUTION" not in desk.logged()


# The end of a round


@pytest.mark.parametrize("state", [RoundState.CLOSED, RoundState.FAILED])
def test_a_round_that_is_over_leaves_no_file(desk: Desk, essex: NodeContext, state: RoundState) -> None:
    desk.tick(essex)
    desk.resolve(essex, *rows_of(desk, essex, "N0"))
    assert desk.list_sealed() == ["batch-0.map", "resolution"]
    desk.announce(state=state)
    for _ in range(2):
        desk.tick(essex)
    assert desk.list_sealed() == []
    assert desk.logged().count("ROUND_OVER") == 1


def test_a_private_map_that_was_lost_stops_the_round_and_says_so(desk: Desk, essex: NodeContext) -> None:
    desk.tick(essex)
    rows = rows_of(desk, essex, "N0")
    essex.store.sealed.erase_rounds()
    with pytest.raises(StorageError, match="missing, damaged or sealed under another key"):
        desk.resolve(essex, *rows)


def test_a_round_missed_altogether_is_erased_when_the_next_is_announced(
    desk: Desk, essex: NodeContext
) -> None:
    desk.tick(essex)
    desk.announce(round_id=str(uuid.UUID(int=2)), number=2)
    desk.tick(essex)
    folders = {path.name for path in (desk.path / "essex-rounds").iterdir()}
    assert folders == {str(uuid.UUID(int=2))}
