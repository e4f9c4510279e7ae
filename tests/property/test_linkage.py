"""Properties of encoding and linkage over arbitrary people and encodings."""

import numpy as np
from clkhash import clk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crypto.encoding.encoder import encode_records
from crypto.encoding.schema import FEDERATION_FIELDS
from crypto.encoding.standardise import fold_text, standardise_name, standardise_record
from scoring.linkage.candidate import fit_candidate_model
from scoring.linkage.matching import find_candidate_pairs, iterate_positions, solve_clusters
from tests.support.linkage import link_datasets
from tests.support.view_schemas import PLAIN

SCHEMA = PLAIN
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
people = st.lists(st.fixed_dictionaries(dict.fromkeys(FEDERATION_FIELDS, values)), min_size=1, max_size=4)
encodings = hnp.arrays(np.uint8, st.tuples(st.integers(0, 8), st.just(16)))
similarities = hnp.arrays(np.float64, st.integers(0, 60), elements=st.floats(0.6, 1.0))


@settings(max_examples=40)
@given(people, st.binary(min_size=16, max_size=64))
def test_any_people_encode_as_clkhash_encodes_them(records: list[dict[str, str]], secret: bytes) -> None:
    rows = [standardise_record(record, SCHEMA.fields) for record in records]
    expected = clk.generate_clks(rows, SCHEMA.to_clkhash(), secret, max_workers=1)
    found = encode_records(rows, SCHEMA, secret=secret)
    assert [row.tobytes() for row in found] == [item.tobytes() for item in expected]


@given(values)
def test_folded_text_is_upper_case_words_and_folds_no_further(value: str) -> None:
    once = fold_text(value)
    assert once == " ".join(once.split())
    assert fold_text(once) == once


@given(values)
def test_names_are_stable_once_standardised(value: str) -> None:
    once = standardise_name(value)
    assert standardise_name(once) == once


@given(encodings, encodings, st.floats(0.1, 1.0))
def test_similarity_is_symmetric_and_exact(left: np.ndarray, right: np.ndarray, floor: float) -> None:
    forward = find_candidate_pairs([left, right], floor=floor)
    backward = find_candidate_pairs([right, left], floor=floor)
    flipped = {
        (b[1], a[1]): s for (a, b), s in zip(iterate_positions(backward), backward.similarity, strict=True)
    }
    straight = {
        (a[1], b[1]): s for (a, b), s in zip(iterate_positions(forward), forward.similarity, strict=True)
    }
    assert straight == flipped
    bits_a, bits_b = np.unpackbits(left, axis=1).astype(int), np.unpackbits(right, axis=1).astype(int)
    for (a, b), similarity in straight.items():
        expected = 2 * (bits_a[a] & bits_b[b]).sum() / (bits_a[a].sum() + bits_b[b].sum())
        assert abs(similarity - expected) < 1e-12


@settings(max_examples=60)
@given(st.lists(encodings, max_size=4), st.floats(0.3, 0.9))
def test_a_record_is_in_one_cluster_and_a_cluster_has_one_record_per_dataset(
    datasets, threshold: float
) -> None:
    clusters = solve_clusters(find_candidate_pairs(datasets, floor=0.3), threshold)
    members = [position for cluster in clusters for position in cluster]
    assert len(members) == len(set(members))
    for cluster in clusters:
        assert len({dataset for dataset, _ in cluster}) == len(cluster) >= 2


@settings(max_examples=25, deadline=None)
@given(similarities, st.none() | similarities, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_probability_is_in_range_and_never_falls_as_similarity_rises(links, runners_up, asked) -> None:
    model = fit_candidate_model(links, runners_up=runners_up, floor=0.6)
    probability = model.probability(np.sort(np.array(asked)))
    assert ((probability >= 0) & (probability <= 1)).all()
    assert (np.diff(probability) >= 0).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(encodings, max_size=3), st.booleans())
def test_any_round_links_without_failing_and_states_every_clustered_pair(datasets, within: bool) -> None:
    linkage = link_datasets(datasets, within=within)
    assert len(linkage.matches) == sum(len(c) * (len(c) - 1) // 2 for c in linkage.clusters)
    assert len(linkage.probability) == len(linkage.matches)
