"""Rounds through a real coordinator: wrong uploads, everyone's own results, erasure, and power cuts."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from crypto.agreement import Agreement
from crypto.errors import ClewError, InputError, StateError, VerificationError
from crypto.log.checkpoint import Checkpoint, verify_checkpoint
from crypto.log.entry import EventType, verify_entry
from crypto.log.receipt import Receipt, verify_entries, verify_log_growth, verify_receipt
from protos import methods
from protos.messages import (
    CheckpointRequest,
    EntryRange,
    LogAppend,
    RoundOpening,
    RoundState,
    SummaryAnswer,
)
from tests.conftest import make_members
from tests.support.coordinator_process import CoordinatorProcess, wait_until
from tests.support.scripted_member import ScriptedMember, Upload
from tests.support.scripted_round import SHARED_BY_ALL, SHARED_BY_ESSEX_AND_KENT, ScriptedRound

Members = Mapping[str, ScriptedMember]


@pytest.fixture
def members(coordinator_process: CoordinatorProcess) -> Members:
    made = make_members()
    coordinator_process.found_federation(made.values())
    return made


def _spoil_header(upload: Upload, **fields: object) -> Upload:
    return replace(upload, header=replace(upload.header, **fields))  # type: ignore[arg-type]


def _wrong_uploads(good: Upload) -> dict[str, Upload]:
    first, second, *rest = good.chunks
    cut_short = replace(second, encodings=second.encodings[: len(second.encodings) // 2])
    return {
        "TRUNCATED_UPLOAD": replace(good, chunks=good.chunks[:-1]),
        "CHUNK_ORDER": replace(good, chunks=(first, first, second, *rest)),
        "ENCODING_LENGTH": replace(good, chunks=(first, cut_short, *rest)),
        "REPEATED_TOKEN": replace(good, chunks=(first, replace(second, tokens=first.tokens), *rest)),
        "TOO_MANY_RECORDS": _spoil_header(good, record_count=good.header.record_count - 1),
        "CONTENT_DIGEST": _spoil_header(good, content_digest="0" * 64),
        "SCHEMA_MISMATCH": _spoil_header(good, schema_digest="1" * 64),
        "AGREEMENT_MISMATCH": _spoil_header(good, agreement_digest="2" * 64),
        "EPOCH_MISMATCH": _spoil_header(good, key_epoch=good.header.key_epoch + 1),
        "STALE_ROUND": _spoil_header(good, round_id="00000000-0000-4000-8000-000000000000"),
        "INVALID_INPUT": _spoil_header(good, record_count=0),
    }


def _refuse_wrong_uploads(scripted: ScriptedRound) -> None:
    before = scripted.process.read_state()
    for code, upload in _wrong_uploads(scripted.uploads["essex"]).items():
        with pytest.raises(ClewError) as caught:
            scripted.submit("essex", upload)
        assert caught.value.code == code
        assert scripted.process.read_state() == before, code


def _read_log(
    scripted: ScriptedRound, agreement: Agreement, name: str, verified_size: int
) -> tuple[Checkpoint, tuple[bytes, ...]]:
    answer = scripted.call(name, methods.GET_CHECKPOINT, CheckpointRequest(verified_size))
    checkpoint = verify_checkpoint(
        answer.checkpoint, origin=agreement.log_origin, public_key=agreement.log_public_key
    )
    return checkpoint, answer.consistency


def test_whole_round_after_wrong_uploads_tells_each_member_its_own_and_erases(
    coordinator_process: CoordinatorProcess,
) -> None:
    members = make_members()
    agreement = coordinator_process.found_federation(members.values())
    scripted = ScriptedRound.open(coordinator_process, members)
    _refuse_wrong_uploads(scripted)

    receipt = scripted.submit("essex")
    header = scripted.uploads["essex"].header
    assert (receipt.record_count, receipt.content_digest) == (header.record_count, header.content_digest)
    assert scripted.submit("essex") == receipt  # the same content again is the same submission
    with pytest.raises(StateError, match="other content was already submitted for this round") as refused:
        scripted.submit("essex", scripted.uploads["kent"])
    assert refused.value.code == "ALREADY_SUBMITTED"
    scripted.submit("kent")
    with pytest.raises(StateError, match="expected the round to be ASSESSING, it is OPEN"):
        scripted.call("essex", methods.GET_SUMMARY_REQUESTS, scripted.reference)
    scripted.submit("care")

    status = scripted.wait_for(RoundState.ASSESSING)
    assert status.clusters == 4 + 2 + 18
    asked = scripted.call("essex", methods.GET_SUMMARY_REQUESTS, scripted.reference).tokens
    assert set(asked) == {scripted.token_of("essex", number) for number in SHARED_BY_ESSEX_AND_KENT}
    _refuse_wrong_answers(scripted)
    for name in members:
        scripted.answer(name)

    scripted.wait_for(RoundState.PUBLISHED)
    results = {name: scripted.collect(name) for name in members}
    _check_results(scripted, results)
    for name in members:
        scripted.call(name, methods.ACKNOWLEDGE_RESULTS, scripted.reference)
    scripted.wait_for(RoundState.CLOSED)

    _check_erased(scripted)
    checkpoint, _ = _read_log(scripted, agreement, "care", 0)
    entries = scripted.call("care", methods.GET_ENTRIES, EntryRange(0, 500)).entries
    verify_entries(entries, checkpoint)
    keys = {"coordinator": agreement.log_public_key}
    logged = [verify_entry(entry, keys) for entry in entries]
    assert [e.justification_code for e in logged] == [
        *["ENROLMENT_APPROVED"] * 3,
        "AGREEMENT_PUBLISHED",
        "ROUND_OPENED",
        "ROUND_MATCHED",
        "ROUND_ERASED",
    ]
    assert logged[-1].event_type is EventType.ERASURE


def _refuse_wrong_answers(scripted: ScriptedRound) -> None:
    good = scripted.make_answers("essex")
    kents = scripted.make_answers("kent")
    before = scripted.process.read_state()
    swapped = (SummaryAnswer(good[0].token, good[1].envelope),)
    with pytest.raises(VerificationError, match="a summary is about another round or token"):
        scripted.answer("essex", swapped)
    with pytest.raises(VerificationError, match="expected a statement signed by key"):
        scripted.answer("essex", (SummaryAnswer(good[0].token, kents[0].envelope),))
    with pytest.raises(StateError, match="an answer names a token that was not asked for") as caught:
        scripted.answer("essex", (SummaryAnswer(kents[0].token, b""),))
    assert caught.value.code == "NOT_ASKED"
    with pytest.raises(InputError, match="expected UTF-8 JSON, got bytes that do not parse as it"):
        scripted.answer("essex", (SummaryAnswer(good[0].token, b"{"),))
    assert scripted.process.read_state() == before


def _check_results(scripted: ScriptedRound, results: Mapping[str, object]) -> None:
    by_token = {
        name: {match.token: match for match in own.matches}  # type: ignore[attr-defined]
        for name, own in results.items()
    }
    for name, own in by_token.items():
        assert set(own) <= set(scripted.tokens[name]), "a member learns of its own records only"
        assert all(name not in {c.member for c in match.counterparts} for match in own.values())
    assert set(by_token["essex"]) == {scripted.token_of("essex", n) for n in SHARED_BY_ESSEX_AND_KENT}
    assert len(by_token["kent"]) == 4 + 2 + 18
    for number in SHARED_BY_ALL:
        match = by_token["essex"][scripted.token_of("essex", number)]
        assert {c.member for c in match.counterparts} == {"kent", "care"}
        assert (match.breadth, match.other_forces, match.score_disclosed) == (2, 1, True)
        assert 0 < match.score_lower < match.score_upper
    for match in by_token["care"].values():
        figures = (match.score_lower, match.score_upper, match.others_events, match.others_threats)
        assert figures == (0.0, 0.0, "", ())
        assert not match.score_disclosed


def _check_erased(scripted: ScriptedRound) -> None:
    state = scripted.process.read_state()
    assert state["segments"] == {}
    assert state["rows"]["cluster_record"] == state["rows"]["match"] == state["rows"]["result"] == []
    raw = scripted.process.read_raw_files()
    tokens = [token for own in scripted.tokens.values() for token in own]
    assert not [token for token in tokens if token in raw], "a record token is left in some file"
    with pytest.raises(StateError, match=r"expected the round to be PUBLISHED, it is (CLOSED|FAILED)"):
        scripted.collect("essex")


def test_agreement_and_rounds_stand_still_while_a_round_runs(
    coordinator_process: CoordinatorProcess, members: Members
) -> None:
    scripted = ScriptedRound.open(coordinator_process, members)
    for name in ("essex", "kent"):
        scripted.submit(name)
    with coordinator_process.connect_operator() as operator:
        with pytest.raises(StateError, match="round 1 is still OPEN; wait until it has closed") as caught:
            operator.call(methods.OPEN_ROUND, RoundOpening(1, 1, 1, 1))
        assert caught.value.code == "ROUND_RUNNING"
    with pytest.raises(StateError, match="round 1 is still OPEN"):
        coordinator_process.publish(coordinator_process.draft(version=2))


def test_silent_member_delays_a_round_only_until_its_deadline(
    coordinator_process: CoordinatorProcess, members: Members
) -> None:
    scripted = ScriptedRound.open(coordinator_process, members, RoundOpening(4, 600, 600, 600))
    scripted.submit("essex")
    scripted.submit("kent")
    scripted.wait_for(RoundState.ASSESSING)
    with pytest.raises(StateError, match="submissions are closed for this round; wait for the next") as late:
        scripted.submit("care")
    assert late.value.code == "TOO_LATE"
    scripted.answer("essex")
    withheld = tuple(SummaryAnswer(a.token, b"") for a in scripted.make_answers("kent"))
    scripted.answer("kent", withheld)
    scripted.wait_for(RoundState.PUBLISHED)
    assert scripted.collect("essex").matches == (), "a member that withholds was never there"
    assert len(scripted.collect("kent").matches) == len(SHARED_BY_ESSEX_AND_KENT)
    with pytest.raises(StateError, match="no results wait for this member in this round") as absent:
        scripted.collect("care")
    assert absent.value.code == "NO_RESULTS"


def test_round_with_one_submission_fails_and_is_erased(
    coordinator_process: CoordinatorProcess, members: Members
) -> None:
    scripted = ScriptedRound.open(coordinator_process, members, RoundOpening(2, 600, 600, 600))
    scripted.submit("essex")
    assert scripted.wait_for(RoundState.FAILED).failure == "TOO_FEW_SUBMISSIONS"
    assert coordinator_process.read_state()["segments"] == {}


def test_power_cuts_lose_nothing_that_was_acknowledged(
    coordinator_process: CoordinatorProcess,
) -> None:
    members = make_members()
    agreement = coordinator_process.found_federation(members.values())
    scripted = ScriptedRound.open(coordinator_process, members)
    scripted.submit("essex")
    entry = members["essex"].sign_log_entry()
    receipt = scripted.call("essex", methods.APPEND, LogAppend(entry))
    kept = verify_receipt(
        Receipt(entry, receipt.index, receipt.proof, receipt.checkpoint),
        origin=agreement.log_origin,
        log_public_key=agreement.log_public_key,
    )

    coordinator_process.kill()
    coordinator_process.start()
    assert {m.member for m in scripted.get_status().members if m.submitted} == {"essex"}
    assert scripted.call("essex", methods.APPEND, LogAppend(entry)).index == receipt.index
    scripted.submit("kent")
    scripted.submit("care")
    scripted.wait_for(RoundState.ASSESSING)
    scripted.answer("kent")

    coordinator_process.kill()
    coordinator_process.start()
    status = scripted.get_status()
    assert status.state is RoundState.ASSESSING
    assert {m.member for m in status.members if m.answered} == {"kent"}
    current, consistency = _read_log(scripted, agreement, "essex", kept.size)
    assert verify_log_growth(kept, current, consistency).size > kept.size
    entries = scripted.call("essex", methods.GET_ENTRIES, EntryRange(0, 500)).entries
    verify_entries(entries, current)
    assert entries[receipt.index] == entry
    scripted.answer("essex")
    scripted.answer("care")
    scripted.wait_for(RoundState.PUBLISHED)
    assert len(scripted.collect("essex").matches) == len(SHARED_BY_ESSEX_AND_KENT)


def test_power_cut_while_matching_repeats_the_step_and_leaves_no_worker(
    coordinator_process: CoordinatorProcess, members: Members
) -> None:
    scripted = ScriptedRound.open(coordinator_process, members)
    for name in members:
        scripted.submit(name)
    children = Path(f"/proc/{coordinator_process.pid}/task/{coordinator_process.pid}/children")
    workers = wait_until(lambda: children.read_text().split(), what="a matching process")
    coordinator_process.kill()
    wait_until(
        lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers),
        what="the matching process to end after its coordinator",
        timeout_s=20,
    )
    coordinator_process.start()
    scripted.finish()
    assert scripted.get_status().clusters == 4 + 2 + 18


def test_abandoned_round_is_erased_and_the_next_can_open(
    coordinator_process: CoordinatorProcess, members: Members
) -> None:
    scripted = ScriptedRound.open(coordinator_process, members)
    scripted.submit("essex")
    with coordinator_process.connect_operator() as operator:
        status = operator.call(methods.ABANDON_ROUND, scripted.reference)
        assert (status.state, status.failure) == (RoundState.FAILED, "ABANDONED")
        with pytest.raises(StateError, match="the round is over"):
            operator.call(methods.ABANDON_ROUND, scripted.reference)
    _check_erased(scripted)
    with pytest.raises(StateError, match="submissions are closed for this round"):
        scripted.submit("kent")
    assert ScriptedRound.open(coordinator_process, members).submit("kent").record_count == 40
