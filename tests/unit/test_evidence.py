"""Comparing inside blocks, and merging what several views say of a pair."""

from itertools import combinations

import numpy as np
import pytest

from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from crypto.encoding.views import encode_views
from scoring.linkage.blocks import ViewSide, compare_view
from scoring.linkage.evidence import (
    BREADTH_WEIGHT,
    UNRESOLVED,
    estimate_undiffused,
    get_least_evidence,
    merge_evidence,
)
from scoring.linkage.linker import compare_views, link_views
from scoring.linkage.matching import CandidatePairs, iterate_positions
from tests.unit.test_linker import invent_people, mistype

SCHEMAS = {
    name: load_built_in_schema(name).subset(FEDERATION_FIELDS) for name in ("uk-police", "uk-police-wide")
}


def pairs(*found: tuple[float, int, int, int, int]) -> CandidatePairs:
    similarity, *columns = np.array(found, dtype=np.float64).reshape(-1, 5).T
    return CandidatePairs(similarity, *(column.astype(np.uint32) for column in columns))


def as_dict(found: CandidatePairs) -> dict:
    return dict(zip(iterate_positions(found), found.similarity.tolist(), strict=True))


def random_side(rng: np.random.Generator, rows: int, blocks: int) -> ViewSide:
    tokens = np.repeat(rng.integers(blocks, size=(rows, 1), dtype=np.uint8), 16, axis=1)
    return ViewSide(tokens, rng.integers(256, size=(rows, 8), dtype=np.uint8))


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("bar", [0.05, 0.5, 0.6])
def test_pairs_in_blocks_are_exactly_those_that_a_loop_finds(within: bool, bar: float) -> None:
    rng = np.random.default_rng(7)
    sides = [random_side(rng, rows, 9) for rows in (30, 0, 25, 12)]
    rows = [(m, r) for m, side in enumerate(sides) for r in range(len(side.blocks))]
    expected = {}
    for left, right in combinations(rows, 2):
        (a, i), (b, j) = left, right
        if (a == b and not within) or (sides[a].blocks[i] != sides[b].blocks[j]).any():
            continue
        x, y = sides[a].encodings[i], sides[b].encodings[j]
        both = np.bitwise_count(x).sum() + np.bitwise_count(y).sum()
        similarity = 2 * float(np.bitwise_count(x & y).sum()) / float(both)
        if similarity >= bar:
            expected[left, right] = pytest.approx(similarity)
    assert as_dict(compare_view(sides, bar=bar, within=within)) == expected
    assert expected


def test_nothing_is_compared_where_nobody_has_a_row() -> None:
    empty = ViewSide(np.empty((0, 16), dtype=np.uint8), np.empty((0, 8), dtype=np.uint8))
    assert len(compare_view([empty, empty], bar=0.5)) == 0


def test_evidence_is_the_mean_similarity_and_the_share_of_views_that_agree() -> None:
    views = [pairs((0.9, 0, 5, 1, 6)), pairs((0.7, 0, 2, 1, 0)), pairs()]
    holders = [
        [np.array([9, 9, 9, 9, 9, 4]), np.array([9, 9, 9, 9, 9, 9, 3])],
        [np.array([9, 9, 4]), np.array([3])],
        [np.array([4]), np.array([3])],
    ]
    merged = as_dict(merge_evidence(views, holders, salted=3))
    assert merged == {((0, 4), (1, 3)): pytest.approx((1 - BREADTH_WEIGHT) * 0.8 + BREADTH_WEIGHT * 2 / 3)}


def test_the_best_alias_speaks_for_a_person_in_a_view() -> None:
    view = pairs((0.9, 0, 0, 1, 0), (0.6, 0, 1, 1, 0))
    merged = merge_evidence([view], [[np.array([7, 7]), np.array([2])]], salted=1)
    assert as_dict(merged) == {((0, 7), (1, 2)): pytest.approx(0.8 * 0.9 + 0.2)}


def test_rows_that_were_not_resolved_and_rows_of_one_record_are_left_out() -> None:
    view = pairs((0.9, 0, 0, 1, 0), (0.8, 0, 1, 1, 0), (0.7, 0, 1, 0, 2))
    merged = merge_evidence([view], [[np.array([UNRESOLVED, 5, 5]), np.array([2])]], salted=1)
    assert list(as_dict(merged)) == [((0, 5), (1, 2))]


def test_a_wide_view_speaks_only_for_pairs_that_no_salted_view_has() -> None:
    salted, wide = pairs((0.6, 0, 0, 1, 0)), pairs((0.95, 0, 0, 1, 0), (0.9, 0, 1, 1, 1))
    holders = [[np.arange(2), np.arange(2)]] * 2
    merged = as_dict(merge_evidence([salted, wide], holders, salted=1))
    assert merged == {
        ((0, 0), (1, 0)): pytest.approx(0.8 * 0.6 + 0.2),
        ((0, 1), (1, 1)): pytest.approx(0.8 * 0.9),
    }


def test_a_bare_view_keeps_its_similarity() -> None:
    view = pairs((0.9, 0, 0, 1, 0))
    assert as_dict(merge_evidence([view], [[np.array([3]), np.array([4])]], salted=0)) == {
        ((0, 3), (1, 4)): 0.9
    }


def test_least_evidence_is_one_view_at_the_bar() -> None:
    assert get_least_evidence(0.5, 12) == pytest.approx(0.4 + 0.2 / 12)


def test_diffused_similarity_is_turned_back_into_what_it_was_on_average() -> None:
    schema = SCHEMAS["uk-police-wide"]
    people = invent_people(60, seed=5)
    changed = [{**p, "postcode": q["postcode"]} for p, q in zip(people, people[1:] + people[:1], strict=True)]
    wide = [encode_views(part, schema, secret=b"k" * 32)[-1] for part in (people, changed)]
    sides = [ViewSide(rows.blocks, rows.encodings) for rows in wide]
    found = compare_view(sides, bar=0.3)
    restored = as_dict(estimate_undiffused(found, schema))
    same = [restored[(0, n), (1, n)] for n in range(60) if ((0, n), (1, n)) in restored]
    assert 0.75 < np.mean(same) < 0.95  # four of five fields are equal
    assert np.median([s for (a, b), s in restored.items() if a[1] != b[1]]) < np.mean(same) - 0.15


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_mistyped_people_are_linked_through_views(name: str) -> None:
    schema, people = SCHEMAS[name], invent_people(400, seed=1)
    sets = people[:300], [mistype(person) for person in people[200:]]
    encoded = [encode_views(part, schema, secret=b"k" * 32) for part in sets]
    views = list(zip(*encoded, strict=True))
    found = compare_views(schema, [[ViewSide(r.blocks, r.encodings) for r in view] for view in views])
    linkage = link_views(schema, found, [[rows.records for rows in view] for view in views])
    assert linkage.clusters == [((0, 200 + n), (1, n)) for n in range(100)]
    assert (linkage.probability > 0.5).all()
