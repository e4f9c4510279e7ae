"""A whole linkage over encoded people, and its quality against truth."""

import random

import numpy as np
import pytest

from crypto.encoding.encoder import encode_people
from scoring.linkage.evaluation import Quality, find_best_quality, get_cluster_pairs, score_quality
from scoring.linkage.linker import Linkage
from tests.support.linkage import link_datasets
from tests.support.view_schemas import PLAIN

SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta"]


def invent_people(count: int, seed: int) -> list[dict[str, str]]:
    rng = random.Random(seed)

    def name() -> str:
        return "".join(rng.choices(SYLLABLES, k=3))

    def postcode() -> str:
        return f"{rng.choice('ABCDE')}{rng.randint(1, 20)} {rng.randint(1, 9)}{rng.choice('ABDEF')}X"

    return [
        {
            "forenames": name(),
            "surname": name(),
            "dob": f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(1950, 2005)}",
            "sex": rng.choice("MF"),
            "postcode": postcode(),
        }
        for _ in range(count)
    ]


def mistype(person: dict[str, str]) -> dict[str, str]:
    return {**person, "surname": person["surname"][:-1] + "q"}


PEOPLE = invent_people(400, seed=1)


def link(*people: list[dict[str, str]], within: bool = False) -> Linkage:
    schema = PLAIN
    return link_datasets([encode_people(part, schema, secret=b"k" * 32) for part in people], within=within)


def test_mistyped_people_are_found_between_two_datasets() -> None:
    linkage = link(PEOPLE[:300], [mistype(person) for person in PEOPLE[200:]])
    assert linkage.clusters == [((0, 200 + n), (1, n)) for n in range(100)]
    assert len(linkage.matches) == len(linkage.probability) == 100
    assert (linkage.probability > 0.5).all()


def test_people_in_three_datasets_form_one_cluster_each() -> None:
    linkage = link(PEOPLE[:200], [mistype(person) for person in PEOPLE[100:300]], PEOPLE[100:200])
    assert linkage.clusters == [((0, 100 + n), (1, n), (2, n)) for n in range(100)]


def test_datasets_that_share_nobody_give_no_links() -> None:
    assert link(PEOPLE[:200], PEOPLE[200:]).clusters == []


def test_duplicates_inside_one_dataset_are_found() -> None:
    records = [*PEOPLE, *(mistype(person) for person in PEOPLE[:50]), *PEOPLE[:20]]
    linkage = link(records, within=True)
    truth = {((0, n), (0, 400 + n)) for n in range(50)}
    truth |= {pair for n in range(20) for pair in (((0, n), (0, 450 + n)), ((0, 400 + n), (0, 450 + n)))}
    assert score_quality(get_cluster_pairs(linkage.clusters), truth, threshold=0.0).f1 > 0.95


@pytest.mark.parametrize("people", [(), ([],), ([], []), (PEOPLE[:1], []), (PEOPLE[:1], PEOPLE[1:2])])
def test_tiny_rounds_link_nobody(people) -> None:
    assert link(*people).clusters == []


def test_one_person_on_both_sides_is_linked_even_alone() -> None:
    assert link(PEOPLE[:1], PEOPLE[:1]).clusters == [((0, 0), (1, 0))]


def test_a_thousand_blank_records_link_to_nothing() -> None:
    blanks: list[dict[str, str]] = [{} for _ in range(1_000)]
    assert link(blanks, blanks).clusters == []


A, B, C, D = (0, 0), (1, 0), (0, 1), (1, 1)


def test_quality_is_counted_over_pairs() -> None:
    quality = score_quality({(A, B), (C, D), (A, D)}, {(A, B), (C, B)}, threshold=0.7)
    assert quality == Quality(0.7, precision=pytest.approx(1 / 3), recall=0.5, f1=pytest.approx(0.4))


@pytest.mark.parametrize(("found", "truth"), [(set(), set()), (set(), {(A, B)}), ({(A, B)}, set())])
def test_nothing_found_or_nothing_true_scores_zero(found, truth) -> None:
    assert score_quality(found, truth, threshold=0.7).f1 == 0.0


def test_a_cluster_of_three_holds_three_pairs() -> None:
    assert get_cluster_pairs([(A, B, (2, 0))]) == {(A, B), (A, (2, 0)), (B, (2, 0))}


def test_the_best_quality_is_never_under_the_programs_own() -> None:
    linkage = link(PEOPLE[:300], [mistype(person) for person in PEOPLE[200:]])
    truth = {((0, 200 + n), (1, n)) for n in range(60)}
    own = score_quality(get_cluster_pairs(linkage.clusters), truth, threshold=linkage.model.threshold)
    best = find_best_quality(linkage.candidates, truth, also=linkage.model.threshold)
    assert best.f1 >= own.f1 > 0


def test_without_candidates_the_best_quality_is_zero() -> None:
    assert find_best_quality(link([], []).candidates, {(A, B)}, also=1.0).f1 == 0.0


def test_linking_is_the_same_every_time() -> None:
    first, second = link(PEOPLE[:100], PEOPLE[50:150]), link(PEOPLE[:100], PEOPLE[50:150])
    assert first.clusters == second.clusters
    assert np.array_equal(first.probability, second.probability)
