"""Blocks of encodings are recognised and aligned where rows share a key, and noise is not."""

import numpy as np
import pytest

from crypto.encoding.encoder import encode_people
from lab.attacks.block_recovery import recover_blocks
from lab.attacks.block_signatures import match_block_signatures, sign_block
from lab.attacks.duplicates import count_duplicates, match_duplicates
from lab.attacks.hits import count_hits
from lab.attacks.in_block import align_rows
from lab.attacks.observation import NOBODY, Floats, Knowledge, Observation, Person, View
from lab.attacks.people import draw_subjects
from lab.attacks.salts import Salt
from lab.attacks.scenario import Setting, draw_scenario
from lab.attacks.schemes import SaltedScheme, get_scheme
from tests.support.view_schemas import PLAIN

SIZE = 60
KEYS = b"first key of all" * 2, b"another key here" * 2


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [subject.listed for subject in draw_subjects(600, seed=6)]


def _share_birth(people: list[Person]) -> list[Person]:
    return [{**person, "dob": "1980-02-03"} for person in people]


def _encode(people: list[Person], key: bytes) -> Floats:
    rows = encode_people(people, PLAIN, secret=key)
    return np.unpackbits(rows, axis=1).astype(np.float32)


def test_rows_of_a_known_block_are_aligned_under_another_key(people: list[Person]) -> None:
    order = np.random.default_rng(2).permutation(SIZE)
    block = _share_birth(people[:SIZE])
    held = _encode([block[index] for index in order], KEYS[0])
    found = align_rows(held, _encode(block, KEYS[1]), rng=np.random.default_rng(3))
    assert (found.listed == order).mean() >= 0.8
    assert found.fit > 0.5


def test_rows_of_other_people_fit_worse(people: list[Person]) -> None:
    held = _encode(_share_birth(people[:SIZE]), KEYS[0])
    other = _encode(_share_birth(people[SIZE : 2 * SIZE]), KEYS[1])
    assert align_rows(held, other, rng=np.random.default_rng(3)).fit < 0.55


def test_known_rows_stay_where_they_are_known_to_be(people: list[Person]) -> None:
    known = np.array([[0, 9], [5, 3]])
    rows = _encode(people[:12], KEYS[0])
    found = align_rows(rows, _encode(people[:12], KEYS[1]), rng=None, known=known)
    assert found.listed[[0, 5]].tolist() == [9, 3]


def test_rows_beyond_the_lists_block_are_nobodys(people: list[Person]) -> None:
    found = align_rows(_encode(people[:9], KEYS[0]), _encode(people[:6], KEYS[1]), rng=None)
    assert (found.listed == NOBODY).sum() == 3
    assert sorted(found.listed[found.listed != NOBODY]) == list(range(6))


def test_a_signature_does_not_depend_on_order(people: list[Person]) -> None:
    rows = _encode(people[:20], KEYS[0])
    assert np.allclose(sign_block(rows), sign_block(rows[::-1]))


def test_blocks_without_tokens_are_recovered_from_what_rows_share(people: list[Person]) -> None:
    blocks = np.repeat(np.arange(10), 20)
    rows = np.concatenate([
        _encode([{**person, "dob": f"19{40 + block}-03-0{block % 9 + 1}"} for person in people[:20]],
                bytes([block]) * 32)
        for block in range(10)
    ])  # fmt: skip
    found = recover_blocks(rows, rng=np.random.default_rng(1))
    assert len(set(zip(blocks.tolist(), found.tolist(), strict=True))) == 10
    assert len(set(found.tolist())) == 10


def test_blocks_of_different_size_are_named_by_signature_and_alignment(people: list[Person]) -> None:
    sizes = {"1950-01-01": 70, "1960-02-02": 55, "1970-03-03": 40, "1980-04-04": 90}
    dates = [date for date, size in sizes.items() for _ in range(size)]
    pool = [{**person, "dob": date} for person, date in zip(people, dates, strict=False)]
    salt = Salt("dob", lambda person: person["dob"])
    scheme = SaltedScheme("by birth", (salt,), PLAIN, is_tied=False)
    scenario = draw_scenario(pool, scheme, Setting(len(pool), 1.0, 0, 5))
    guesses = match_block_signatures(scenario.observation, scenario.knowledge)
    assert count_hits(guesses, scenario.truth)[0].share >= 0.5


def test_near_unique_blocks_give_hardly_anybody_away(people: list[Person]) -> None:
    scenario = draw_scenario(people, get_scheme("uk-police"), Setting(300, 1.0, 0, 5))
    for attack in (match_block_signatures, match_duplicates):
        guesses = attack(scenario.observation, scenario.knowledge)
        per_view = [
            (guess == scenario.truth.listed[record]).mean()
            for guess, record in zip(guesses, scenario.truth.records, strict=True)
            if len(record)
        ]
        assert np.mean(per_view) < 0.03


def test_multiplicities_name_rows_that_are_equal_and_leave_the_others() -> None:
    class Repeating:
        name, is_tied = "repeating", True

        def encode(self, people: list[Person], secret: bytes) -> tuple[tuple[View, np.ndarray], ...]:
            codes = {person["value"]: np.frombuffer(secret[:8], np.uint8) ^ index
                     for index, person in enumerate(people)}  # fmt: skip
            rows = np.array([codes[person["value"]] for person in people])
            return ((View("repeating", rows, None), np.arange(len(people))),)

    people = [{"value": value} for value in "aaabbccccd"]
    knowledge = Knowledge(Repeating(), people, (np.empty((0, 2), dtype=np.int64),), seed=1)
    held, _ = Repeating().encode(people, b"member's secret!")[0]
    (named,) = match_duplicates(Observation((held,), None), knowledge)
    assert [people[person]["value"] for person in named[:9]] == list("aaabbcccc")
    assert named[9] == NOBODY
    assert count_duplicates(held).tolist() == [3, 3, 3, 2, 2, 4, 4, 4, 4, 1]
