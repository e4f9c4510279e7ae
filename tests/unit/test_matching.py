"""Candidate pairs and clusters over hand-made encodings."""

import numpy as np
import pytest

from crypto.errors import InputError
from scoring.linkage import matching
from scoring.linkage.matching import (
    MAX_FLOOR,
    MIN_FLOOR,
    CandidatePairs,
    find_candidate_pairs,
    find_floor,
    is_clustered,
    iterate_positions,
    solve_clusters,
)


def rows(*texts: str) -> np.ndarray:
    """Return 64-bit encodings from lists of set bits, such as "0 1 2"."""
    bits = np.zeros((len(texts), 64), dtype=np.uint8)
    for row, text in zip(bits, texts, strict=True):
        row[[int(bit) for bit in text.split()]] = 1
    return np.packbits(bits, axis=1)


def pairs_of(*items: tuple[float, int, int, int, int]) -> CandidatePairs:
    columns = list(zip(*items, strict=True)) or [()] * 5
    numbers = [np.array(column, dtype=np.uint32) for column in columns[1:]]
    return CandidatePairs(np.array(columns[0], dtype=np.float64), *numbers)


ALIKE = rows("0 1 2 3", "10 11 12 13")
OTHER = rows("0 1 2 9", "20 21 22 23", "10 11 12 13")


def test_pairs_at_or_above_the_floor_come_most_similar_first() -> None:
    found = find_candidate_pairs([ALIKE, OTHER], floor=0.75)
    assert found.similarity.tolist() == [1.0, 0.75]
    assert list(iterate_positions(found)) == [((0, 1), (1, 2)), ((0, 0), (1, 0))]


def test_a_pair_under_the_floor_is_left_out() -> None:
    assert len(find_candidate_pairs([ALIKE, OTHER], floor=0.76)) == 1


def test_records_of_one_dataset_are_compared_only_when_duplicates_are_sought() -> None:
    twins = rows("0 1 2 3", "0 1 2 3", "0 1 2 3")
    assert len(find_candidate_pairs([twins], floor=0.9)) == 0
    found = find_candidate_pairs([twins], floor=0.9, within=True)
    assert set(iterate_positions(found)) == {((0, 0), (0, 1)), ((0, 0), (0, 2)), ((0, 1), (0, 2))}


def test_chunks_do_not_change_what_is_found(monkeypatch) -> None:
    data = np.random.default_rng(5).integers(0, 256, (40, 8), dtype=np.uint8)
    whole = find_candidate_pairs([data, data[::-1].copy()], floor=0.5)
    monkeypatch.setattr(matching, "CHUNK_RECORDS", 7)
    parts = find_candidate_pairs([data, data[::-1].copy()], floor=0.5)
    assert list(iterate_positions(parts)) == list(iterate_positions(whole))
    assert len(whole) > 40


def test_a_record_without_bits_is_similar_to_nothing() -> None:
    assert len(find_candidate_pairs([rows(""), rows("", "0 1")], floor=0.01)) == 0


def test_no_datasets_or_empty_ones_give_no_pairs() -> None:
    assert len(find_candidate_pairs([], floor=0.5)) == 0
    assert len(find_candidate_pairs([ALIKE, ALIKE[:0]], floor=0.5)) == 0


def test_candidates_of_records_that_all_look_alike_stay_bounded(monkeypatch) -> None:
    monkeypatch.setattr(matching, "MAX_CANDIDATES_PER_RECORD", 3)
    same = np.repeat(ALIKE[:1], 20, axis=0)
    assert len(find_candidate_pairs([same, same], floor=0.9)) == 60


@pytest.mark.parametrize("floor", [0.0, -0.1, 1.1])
def test_a_floor_out_of_range_is_refused(floor: float) -> None:
    with pytest.raises(InputError, match="expected a similarity floor above 0 and at most 1, got"):
        find_candidate_pairs([ALIKE, OTHER], floor=floor)


def test_encodings_of_several_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="expected encodings of one length, got several"):
        find_candidate_pairs([ALIKE, np.zeros((1, 16), dtype=np.uint8)], floor=0.5)


def test_the_floor_lets_through_about_ten_candidates_a_record() -> None:
    rng = np.random.default_rng(6)
    data = [np.packbits(rng.random((400, 1024)) < 0.6, axis=1) for _ in range(2)]
    floor = find_floor(data)
    assert MIN_FLOOR < floor < MAX_FLOOR
    assert 9 * 400 <= len(find_candidate_pairs(data, floor=floor)) <= 11 * 400


@pytest.mark.parametrize("data", [[], [ALIKE], [ALIKE, ALIKE], [ALIKE, ALIKE[:0]]])
def test_tiny_data_have_a_floor_within_bounds(data) -> None:
    assert MIN_FLOOR <= find_floor(data) <= MAX_FLOOR


def test_a_cluster_has_at_most_one_record_of_each_dataset() -> None:
    pairs = pairs_of((0.95, 0, 0, 1, 0), (0.9, 0, 1, 1, 0), (0.8, 0, 1, 1, 1))
    assert solve_clusters(pairs, 0.5) == [((0, 0), (1, 0)), ((0, 1), (1, 1))]


def test_pairs_under_the_threshold_do_not_count() -> None:
    assert solve_clusters(pairs_of((0.95, 0, 0, 1, 0), (0.7, 0, 1, 1, 1)), 0.8) == [((0, 0), (1, 0))]


THREE = pairs_of((0.95, 0, 0, 1, 0), (0.9, 1, 0, 2, 0))


def test_two_of_three_pairs_join_three_records_unless_all_must_agree() -> None:
    assert solve_clusters(THREE, 0.8) == [((0, 0), (1, 0), (2, 0))]
    assert solve_clusters(THREE, 0.8, agreement=1.0) == [((0, 0), (1, 0))]


def test_duplicates_of_one_dataset_share_a_cluster_only_when_sought() -> None:
    pairs = pairs_of((0.95, 0, 0, 0, 1), (0.9, 0, 1, 0, 2))
    assert solve_clusters(pairs, 0.8, within=True) == [((0, 0), (0, 1), (0, 2))]
    assert solve_clusters(pairs, 0.8) == []


def test_no_pairs_give_no_clusters() -> None:
    assert solve_clusters(pairs_of(), 0.5) == []


def test_clustered_pairs_are_those_whose_records_share_a_cluster() -> None:
    pairs = pairs_of((0.9, 0, 0, 1, 0), (0.8, 0, 0, 1, 1), (0.7, 0, 1, 1, 1), (0.6, 0, 2, 1, 2))
    clusters = [((0, 0), (1, 0)), ((0, 1), (1, 1))]
    assert is_clustered(pairs, clusters).tolist() == [True, False, True, False]
    assert is_clustered(pairs, []).tolist() == [False] * 4
