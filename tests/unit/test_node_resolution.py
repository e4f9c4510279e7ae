"""Saying which rows are one record: own rows only, within the cap, and one question a round."""

import secrets
from collections.abc import Iterable

import numpy as np
import pytest

from crypto.errors import StateError, StorageError, VerificationError
from node import private_map, resolution
from node.private_map import BatchMap, PrivateMap, to_tokens
from node.resolution import Question, Resolved, resolve_rows, verify_page, verify_same_question
from protos.messages import MAX_RESOLUTION_ROWS, Resolution, ViewRow

RANDOM = secrets.SystemRandom()


def token(batch: int, view: int, row: int) -> bytes:
    return bytes([batch, view, row]).ljust(16, b"\0")  # ends in zeros, which numpy leaves out of strings


def make_batch(number: int, holders: list[list[int]], persons: int) -> BatchMap:
    """Return a batch whose holders of each view's rows are given."""
    return BatchMap(
        persons=tuple((f"B{number}N{person}",) for person in range(persons)),
        records=len(holders[0]),
        tokens=tuple(
            to_tokens(b"".join(token(number, view, row) for row in range(len(own))))
            for view, own in enumerate(holders)
        ),
        holders=tuple(np.array(own, dtype=np.int32) for own in holders),
    )


FIRST = make_batch(0, [[0, 1, 2, -1], [-1, 2, 1, 0]], persons=3)
SECOND = make_batch(1, [[-1, 0], [0, -1]], persons=1)
OWN = PrivateMap([FIRST, SECOND])


def ask(*rows: tuple[int, int, int]) -> Question:
    return tuple(tuple(token(b, v, r) for b, v, r in rows if v == view) for view in range(2))


def resolve(question: Question, max_share: float = 1.0) -> Resolved:
    return resolve_rows(question, OWN, max_share=max_share, random=RANDOM)


def group(answers: Iterable[Resolution]) -> set[frozenset[ViewRow]]:
    return {frozenset(answer.rows) for answer in answers}


def test_rows_of_one_person_come_under_one_fresh_token_and_dummies_likewise() -> None:
    resolved = resolve(ask((0, 0, 0), (0, 1, 3), (0, 0, 2), (0, 1, 0), (0, 0, 3), (1, 1, 0)))
    assert group(resolved.answers) == {
        frozenset({ViewRow(0, token(0, 0, 0)), ViewRow(1, token(0, 1, 3))}),
        frozenset({ViewRow(0, token(0, 0, 2))}),
        frozenset({ViewRow(0, token(0, 0, 3)), ViewRow(1, token(0, 1, 0))}),
        frozenset({ViewRow(1, token(1, 1, 0))}),
    }
    assert sorted(resolved.records.values()) == [(), ("B0N0",), ("B0N2",), ("B1N0",)]
    tokens = [answer.token for answer in resolved.answers]
    assert tokens == sorted(tokens), "random tokens in their order say nothing about the records"
    asked_again = resolve(ask((0, 0, 0)))
    assert set(asked_again.records).isdisjoint(resolved.records)


@pytest.mark.parametrize(
    "question",
    [
        ((b"?" * 16,), ()),
        ((token(0, 1, 0),), ()),
        ((token(0, 0, 0), token(0, 0, 0)), ()),
        ((), (), (token(0, 0, 0),)),
    ],
    ids=["nobody's", "of another view", "twice", "of a view that is not"],
)
def test_rows_that_are_not_this_nodes_are_refused(question: Question) -> None:
    with pytest.raises(VerificationError, match="row tokens that this node did not submit, or twice"):
        resolve(question)


def test_the_cap_counts_records_and_not_rows() -> None:
    rows = ((0, 0, 0), (0, 1, 3), (0, 0, 1), (0, 1, 2), (0, 0, 2), (0, 1, 1))
    assert len(resolve(ask(*rows), max_share=0.5).answers) == 3  # of six: four of the first batch, two more
    with pytest.raises(
        StateError, match=r"rows of 4 records, the agreement allows 3 of 6; nothing"
    ) as caught:
        resolve(ask(*rows, (1, 0, 0)), max_share=0.5)
    assert caught.value.code == "RESOLUTION_CAP"


def test_without_views_nothing_at_all_is_resolved() -> None:
    assert resolve(((), ()), max_share=0.0).answers == ()
    with pytest.raises(StateError, match="the agreement allows 0 of 6"):
        resolve(ask((0, 0, 0)), max_share=0.0)


def test_another_question_in_the_same_round_is_refused() -> None:
    question = ask((0, 0, 0))
    digest = resolution.derive_question_digest(question)
    verify_same_question(question, digest)
    for other in (ask((0, 0, 1)), ask((0, 0, 0), (0, 0, 1)), ((), question[0])):
        with pytest.raises(StateError, match="asks about other rows than before in the same round") as caught:
            verify_same_question(other, digest)
        assert caught.value.code == "RESOLUTION_CHANGED"


@pytest.mark.parametrize(
    ("total", "earlier", "rows"),
    [(9, 8, 1), (11, None, 1), (8, None, 0)],
    ids=["changes", "more than submitted", "an empty page"],
)
def test_a_question_that_cannot_be_is_refused(total: int, earlier: int | None, rows: int) -> None:
    with pytest.raises(VerificationError, match="expected the pages of one question"):
        verify_page(total, earlier, rows=rows, most=10)


def test_an_answer_travels_in_bounded_messages() -> None:
    answers = tuple(
        Resolution(number.to_bytes(16), tuple(ViewRow(view, number.to_bytes(16)) for view in range(60)))
        for number in range(1 + MAX_RESOLUTION_ROWS // 60)
    )
    first, second = resolution.list_batches("11111111-1111-4111-8111-111111111111", answers)
    assert first.answers + second.answers == answers
    assert len(second.answers) == 1


def test_what_is_kept_of_an_answer_reads_back() -> None:
    round_id = "11111111-1111-4111-8111-111111111111"
    resolved = resolve(ask((0, 0, 0), (0, 1, 3), (0, 0, 3)))
    sections = list(resolution.to_sections(round_id, resolved))
    assert resolution.read_records(iter(sections)) == resolved.records
    (batch,) = resolution.read_batches(iter(sections))
    assert (batch.round_id, batch.answers) == (round_id, resolved.answers)


def test_a_private_map_reads_back_with_tokens_that_end_in_zeros() -> None:
    again = private_map.from_sections(private_map.to_sections(FIRST))
    assert (again.persons, again.records) == (FIRST.persons, FIRST.records)
    for read, kept in zip((*again.tokens, *again.holders), (*FIRST.tokens, *FIRST.holders), strict=True):
        assert np.array_equal(read, kept)
    assert PrivateMap([again]).name_rows() == {
        token(0, 0, 0): ("B0N0",),
        token(0, 0, 1): ("B0N1",),
        token(0, 0, 2): ("B0N2",),
        token(0, 0, 3): (),
    }


def test_a_round_without_a_map_cannot_be_gone_on_with() -> None:
    with pytest.raises(StorageError, match="this round has no private map"):
        PrivateMap([])
