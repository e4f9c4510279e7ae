import numpy as np
import pytest

from lab.attacks.hits import count_hits, find_chance
from lab.attacks.observation import NOBODY, Truth
from lab.attacks.results import Count

# Four records: persons 0 and 1 listed, 2 unlisted, 3 listed and known beforehand.
LISTED = np.array([0, 1, NOBODY, 3])
KNOWN = np.array([False, False, False, True])
RESOLVED = np.array([True, False, True, False])


def make_truth(*records: list[int]) -> Truth:
    return Truth(tuple(np.array(rows) for rows in records), LISTED, KNOWN, RESOLVED)


@pytest.mark.parametrize(
    ("guesses", "listed", "resolved", "named"),
    [
        ([0, 1, 2, 3], Count(2, 2), Count(1, 1), Count(2, 3)),
        ([NOBODY, 1, NOBODY, NOBODY], Count(1, 2), Count(0, 1), Count(1, 1)),
        ([1, 0, NOBODY, 3], Count(0, 2), Count(0, 1), Count(0, 2)),
        ([NOBODY] * 4, Count(0, 2), Count(0, 1), Count(0, 0)),
    ],
)
def test_listed_unknown_records_are_counted(
    guesses: list[int], listed: Count, resolved: Count, named: Count
) -> None:
    assert count_hits((np.array(guesses),), make_truth([0, 1, 2, 3])) == (listed, resolved, named)


def test_a_record_counts_once_when_any_of_its_rows_is_named_rightly() -> None:
    guesses = np.array([0, NOBODY]), np.array([1, 0])
    listed, _, named = count_hits(guesses, make_truth([0, 1], [1, 0]))
    assert listed == Count(2, 2)
    assert named == Count(3, 3)


def test_naming_padding_is_a_mistake_and_no_record() -> None:
    listed, _, named = count_hits((np.array([0, 3]),), make_truth([0, NOBODY]))
    assert (listed, named) == (Count(1, 1), Count(1, 2))


def test_a_record_without_a_row_could_not_be_re_identified() -> None:
    assert count_hits((np.array([0]),), make_truth([0]))[0] == Count(1, 1)


def test_chance_grows_with_the_rows_of_a_record() -> None:
    assert find_chance(make_truth([0, 1, 2, 3]), people=10) == pytest.approx(0.1)
    assert find_chance(make_truth([0, 1], [0, 1, NOBODY]), people=10) == pytest.approx(0.19)
    assert find_chance(make_truth([2, 3]), people=10) == 0.0
