"""The round state machine, as tables: what is accepted when, and what comes next."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from coordinator import rounds
from coordinator.rounds import Batch, Participation, Round, Step
from crypto.errors import InputError, StateError
from protos.messages import RoundState
from tests.support.rounds_builder import DIGEST, NOW, OPENING, ROUND_ID, make_header, make_round

OTHER_DIGEST = "cd" * 32
AFTER_SUBMISSION = NOW + timedelta(seconds=OPENING.submit_for_s, milliseconds=1)
BATCH = Batch(records=10, content_digest=DIGEST)
SUBMITTED = Participation(batches=(BATCH,))
RESOLVED = replace(SUBMITTED, rows_asked=12, records_resolved=2, resolved=True)
ANSWERED = replace(SUBMITTED, answered=True)
COLLECTED = replace(ANSWERED, collected=True)
SILENT = Participation()

TRANSITIONS: dict[str, tuple[Callable[[Round], Round], set[RoundState]]] = {
    "record_batch": (lambda r: rounds.record_batch(r, "essex", 0, BATCH), {RoundState.OPEN}),
    "begin_matching": (rounds.begin_matching, {RoundState.OPEN, RoundState.MATCHING}),
    "record_comparison": (
        lambda r: rounds.record_comparison(r, asked={"essex": 4}, now=NOW),
        {RoundState.MATCHING},
    ),
    "record_resolutions": (
        lambda r: rounds.record_resolutions(r, "essex", records=2, complete=True),
        {RoundState.RESOLVING},
    ),
    "begin_linking": (
        rounds.begin_linking,
        {RoundState.MATCHING, RoundState.RESOLVING, RoundState.LINKING},
    ),
    "record_clusters": (
        lambda r: rounds.record_clusters(
            r, clusters=2, candidate_pairs=5, asked=frozenset({"essex"}), now=NOW
        ),
        {RoundState.LINKING},
    ),
    "record_answers": (lambda r: rounds.record_answers(r, "essex"), {RoundState.ASSESSING}),
    "publish": (lambda r: rounds.publish(r, now=NOW), {RoundState.ASSESSING}),
    "record_collection": (lambda r: rounds.record_collection(r, "essex"), {RoundState.PUBLISHED}),
    "close": (rounds.close, {RoundState.PUBLISHED}),
    "fail": (
        lambda r: rounds.fail(r, "INTERNAL"),
        set(RoundState) - {RoundState.CLOSED, RoundState.FAILED},
    ),
}
RESULTING_STATE = {
    "begin_matching": RoundState.MATCHING,
    "record_comparison": RoundState.RESOLVING,
    "begin_linking": RoundState.LINKING,
    "record_clusters": RoundState.ASSESSING,
    "publish": RoundState.PUBLISHED,
    "close": RoundState.CLOSED,
    "fail": RoundState.FAILED,
}


@pytest.mark.parametrize("state", RoundState)
@pytest.mark.parametrize("name", TRANSITIONS)
def test_transition_is_possible_from_exactly_its_states(name: str, state: RoundState) -> None:
    transition, allowed = TRANSITIONS[name]
    current = make_round(state)
    if state in allowed:
        assert transition(current).state is RESULTING_STATE.get(name, state)
    else:
        with pytest.raises(StateError) as caught:
            transition(current)
        assert caught.value.code in {"WRONG_STAGE", "TOO_LATE", "WRONG_STATE"}
    assert current == make_round(state)


def test_wrong_stage_says_what_was_expected_and_what_is() -> None:
    with pytest.raises(StateError, match="expected a round in state PUBLISHED, got OPEN"):
        rounds.close(make_round())


def _round(*parts: Participation, state: RoundState = RoundState.OPEN) -> Round:
    return make_round(state, members=dict(zip(("essex", "kent", "care"), parts, strict=True)))


@pytest.mark.parametrize(
    ("current", "late", "step"),
    [
        (_round(SILENT, SILENT, SILENT), False, Step.WAIT),
        (_round(SUBMITTED, SUBMITTED, SILENT), False, Step.WAIT),
        (_round(SUBMITTED, SUBMITTED, SUBMITTED), False, Step.MATCH),
        (_round(SUBMITTED, SUBMITTED, SILENT), True, Step.MATCH),
        (_round(SUBMITTED, SILENT, SILENT), True, Step.FAIL),
        (_round(SILENT, SILENT, SILENT), True, Step.FAIL),
        (_round(SUBMITTED, SUBMITTED, SILENT, state=RoundState.MATCHING), False, Step.MATCH),
        (_round(SUBMITTED, RESOLVED, SILENT, state=RoundState.RESOLVING), False, Step.WAIT),
        (_round(RESOLVED, RESOLVED, SILENT, state=RoundState.RESOLVING), False, Step.LINK),
        (_round(SUBMITTED, SUBMITTED, SILENT, state=RoundState.RESOLVING), True, Step.LINK),
        (_round(RESOLVED, SUBMITTED, SILENT, state=RoundState.LINKING), False, Step.LINK),
        (_round(SUBMITTED, ANSWERED, SILENT, state=RoundState.ASSESSING), False, Step.WAIT),
        (_round(ANSWERED, ANSWERED, SILENT, state=RoundState.ASSESSING), False, Step.PUBLISH),
        (_round(SUBMITTED, SUBMITTED, SILENT, state=RoundState.ASSESSING), True, Step.PUBLISH),
        (_round(COLLECTED, ANSWERED, SILENT, state=RoundState.PUBLISHED), False, Step.WAIT),
        (_round(COLLECTED, COLLECTED, SILENT, state=RoundState.PUBLISHED), False, Step.CLOSE),
        (_round(ANSWERED, ANSWERED, SILENT, state=RoundState.PUBLISHED), True, Step.CLOSE),
        (_round(COLLECTED, COLLECTED, COLLECTED, state=RoundState.CLOSED), True, Step.WAIT),
        (_round(SILENT, SILENT, SILENT, state=RoundState.FAILED), True, Step.WAIT),
    ],
)
def test_next_step_comes_when_everyone_is_done_or_time_is_up(current: Round, late: bool, step: Step) -> None:
    now = current.stage_until + timedelta(milliseconds=1 if late else 0)
    assert rounds.decide_step(current, now=now) is step


@pytest.mark.parametrize(
    ("fields", "message", "code"),
    [
        (
            {"schema_digest": OTHER_DIGEST},
            r"expected linkage schema [0-9a-f]{16}, got cdcd",
            "SCHEMA_MISMATCH",
        ),
        ({"agreement_digest": OTHER_DIGEST}, r"expected agreement [0-9a-f]{16}, got", "AGREEMENT_MISMATCH"),
        ({"key_epoch": 4}, "expected key epoch 3, got 4; wait for the custodian's key", "EPOCH_MISMATCH"),
        ({"round_id": ROUND_ID.replace("1", "2")}, "this round is over or unknown", "STALE_ROUND"),
    ],
)
def test_header_that_does_not_fit_the_round_is_refused(
    fields: dict[str, Any], message: str, code: str
) -> None:
    current = make_round()
    with pytest.raises(StateError, match=message) as caught:
        rounds.verify_header(current, "essex", make_header(current, **fields), now=NOW)
    assert caught.value.code == code


@pytest.mark.parametrize("count", [0, rounds.MAX_RECORDS + 1])
def test_header_with_an_impossible_count_is_refused(count: int) -> None:
    current = make_round()
    with pytest.raises(InputError, match="field record_count: expected 1 to 5000000 in all batches together"):
        rounds.verify_header(current, "essex", make_header(current, record_count=count), now=NOW)


@pytest.mark.parametrize(
    ("current", "now"),
    [
        (make_round(), AFTER_SUBMISSION),
        *((make_round(s), NOW) for s in RoundState if s is not RoundState.OPEN),
    ],
)
def test_late_submission_is_refused(current: Round, now: datetime) -> None:
    with pytest.raises(
        StateError, match="submissions are closed for this round; wait for the next"
    ) as caught:
        rounds.verify_header(current, "essex", make_header(current), now=now)
    assert caught.value.code == "TOO_LATE"


def test_submission_at_the_deadline_is_accepted() -> None:
    current = make_round()
    assert not rounds.verify_header(current, "essex", make_header(current), now=current.stage_until)


@pytest.mark.parametrize("state", RoundState)
def test_same_content_again_is_acknowledged_again_at_any_time(state: RoundState) -> None:
    current = _round(SUBMITTED, SILENT, SILENT, state=state)
    assert rounds.verify_header(current, "essex", make_header(current), now=AFTER_SUBMISSION)
    again = rounds.record_batch(current, "essex", 0, BATCH)
    assert again == current


def test_other_content_is_refused_when_announced_and_when_it_finishes() -> None:
    current = _round(SUBMITTED, SILENT, SILENT)
    header = make_header(current, content_digest=OTHER_DIGEST)
    with pytest.raises(StateError, match="other content was already submitted for this round") as announced:
        rounds.verify_header(current, "essex", header, now=NOW)
    # An upload that began before the first was recorded must not replace what was acknowledged.
    with pytest.raises(StateError, match="other content was already submitted for this round") as finished:
        rounds.record_batch(current, "essex", 0, Batch(9, OTHER_DIGEST))
    assert announced.value.code == finished.value.code == "ALREADY_SUBMITTED"


def test_further_batches_follow_without_gaps_and_count_together() -> None:
    current = _round(SUBMITTED, SILENT, SILENT)
    delta = make_header(current, batch=1, content_digest=OTHER_DIGEST)
    assert not rounds.verify_header(current, "essex", delta, now=NOW)
    after = rounds.record_batch(current, "essex", 1, Batch(5, OTHER_DIGEST))
    assert after.members["essex"].records == 15
    assert rounds.verify_header(after, "essex", delta, now=NOW), "the same again is durable already"
    with pytest.raises(InputError, match="field batch: expected 2, the next") as caught:
        rounds.verify_header(after, "essex", make_header(current, batch=3), now=NOW)
    assert caught.value.code == "BATCH_ORDER"
    too_many = make_header(current, batch=2, record_count=rounds.MAX_RECORDS - 14)
    with pytest.raises(InputError, match="field record_count: expected 1 to 5000000 in all batches"):
        rounds.verify_header(after, "essex", too_many, now=NOW)


def test_a_member_sends_a_bounded_number_of_batches() -> None:
    full = Participation(batches=(BATCH,) * rounds.MAX_BATCHES)
    header = make_header(make_round(), batch=rounds.MAX_BATCHES, content_digest=OTHER_DIGEST)
    with pytest.raises(InputError, match="at most 200 in a round") as caught:
        rounds.verify_header(_round(full, SILENT, SILENT), "essex", header, now=NOW)
    assert caught.value.code == "BATCH_ORDER"


def test_a_first_batch_cannot_be_skipped() -> None:
    with pytest.raises(InputError, match="field batch: expected 0, the next"):
        rounds.verify_header(make_round(), "essex", make_header(make_round(), batch=1), now=NOW)


def test_members_who_are_asked_about_no_row_have_resolved_everything() -> None:
    matching = _round(SUBMITTED, SUBMITTED, SILENT, state=RoundState.MATCHING)
    asking = rounds.record_comparison(matching, asked={"kent": 7}, now=NOW)
    assert {name: (part.rows_asked, part.resolved) for name, part in asking.members.items()} == {
        "essex": (0, True),
        "kent": (7, False),
        "care": (0, True),
    }
    assert asking.stage_until == NOW + timedelta(seconds=OPENING.resolve_for_s)
    half = rounds.record_resolutions(asking, "kent", records=1, complete=False)
    done = rounds.record_resolutions(half, "kent", records=2, complete=True)
    told = {m.member: (m.rows_asked, m.records_resolved, m.resolved) for m in rounds.report(done).members}
    assert rounds.decide_step(half, now=NOW) is Step.WAIT
    assert rounds.decide_step(done, now=NOW) is Step.LINK
    assert told == {"essex": (0, 0, True), "kent": (7, 2, True), "care": (0, 0, False)}


def test_stranger_to_the_agreement_takes_no_part() -> None:
    current = make_round()
    with pytest.raises(StateError, match="this member is not in the round's agreement") as caught:
        rounds.verify_header(current, "suffolk", make_header(current), now=NOW)
    assert caught.value.code == "NOT_A_PARTICIPANT"


def test_members_without_records_in_clusters_have_nothing_left_to_answer() -> None:
    linking = _round(SUBMITTED, SUBMITTED, SILENT, state=RoundState.LINKING)
    found = rounds.record_clusters(linking, clusters=1, candidate_pairs=3, asked=frozenset({"kent"}), now=NOW)
    assert {name: part.answered for name, part in found.members.items()} == {
        "essex": True,
        "kent": False,
        "care": True,
    }
    assert (found.clusters, found.candidate_pairs) == (1, 3)
    assert found.stage_until == NOW + timedelta(seconds=OPENING.assess_for_s)
    told = {m.member: m.answered for m in rounds.report(found).members}
    assert told == {"essex": True, "kent": False, "care": False}, "who did not submit has not answered"


def test_participants_are_those_who_submitted_by_name() -> None:
    assert _round(SUBMITTED, SILENT, SUBMITTED).participants == ("care", "essex")


def test_announcement_says_until_when_only_while_open() -> None:
    assert rounds.announce(make_round()).submit_until == NOW + timedelta(seconds=OPENING.submit_for_s)
    assert rounds.announce(make_round(RoundState.MATCHING)).submit_until == NOW


@pytest.mark.parametrize("state", RoundState)
def test_next_round_waits_until_the_last_is_over(state: RoundState) -> None:
    rounds.require_idle(None)
    if state in (RoundState.CLOSED, RoundState.FAILED):
        rounds.require_idle(make_round(state))
        return
    with pytest.raises(
        StateError, match=f"round 1 is still {state.value}; wait until it has closed"
    ) as caught:
        rounds.require_idle(make_round(state))
    assert caught.value.code == "ROUND_RUNNING"
