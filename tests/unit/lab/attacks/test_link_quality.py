from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pytest

from lab.attacks.link_quality import find_best, measure_quality
from lab.attacks.observation import Ints, Person, View
from lab.attacks.people import Subject, draw_subjects
from lab.attacks.schemes import get_scheme

SECRET = b"s" * 32


@dataclass(frozen=True)
class BySurname:
    """A scheme whose one block token is the surname itself."""

    name: str = "by-surname"
    is_tied: bool = False

    def encode(self, people: Sequence[Person], secret: bytes) -> tuple[tuple[View, Ints], ...]:
        blocks = np.array([crc32(person["surname"].encode()) for person in people], dtype=np.int64)
        return ((View("surname", None, blocks), np.arange(len(people))),)


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ({(0, 0): 0.9, (1, 1): 0.8, (0, 1): 0.7}, (1.0, 1.0, 1.0)),
        ({(0, 1): 0.9, (0, 0): 0.8, (1, 1): 0.7}, (0.0, 0.0, 0.0)),
        ({(0, 0): 0.9, (1, 2): 0.8}, (1.0, 0.5, 2 / 3)),
        ({}, (0.0, 0.0, 0.0)),
    ],
)
def test_the_best_threshold_takes_each_record_once(
    scores: dict[tuple[int, int], float], best: tuple[float, float, float]
) -> None:
    assert find_best(scores, true_pairs=2, seed=1) == pytest.approx(best)


def test_errors_in_records_cost_recall_and_shared_values_precision() -> None:
    names = ["archer", "baker", "carter", "dyer", "fuller", "glover"]
    subjects = [Subject({"surname": name}, {"surname": name}) for name in names]
    assert measure_quality(subjects, BySurname(), secret=SECRET, seed=1).f1 == 1.0
    mistyped = [Subject(one.listed, {"surname": one.listed["surname"] + "e"}) for one in subjects]
    assert measure_quality(mistyped, BySurname(), secret=SECRET, seed=1).f1 == 0.0


def test_plain_encodings_of_synthetic_people_link_well_and_half_are_of_both() -> None:
    quality = measure_quality(draw_subjects(150, seed=3), get_scheme("plain"), secret=SECRET, seed=1)
    assert quality.true_pairs == 50
    assert quality.f1 > 0.9


def test_near_unique_tokens_alone_link_too() -> None:
    scheme = get_scheme("tokens-near-unique")
    quality = measure_quality(draw_subjects(150, seed=3), scheme, secret=SECRET, seed=1)
    assert quality.precision > 0.95
    assert quality.recall > 0.9
