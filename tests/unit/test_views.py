"""Rows of salted views: who gets one, what they share, and what they do not give away."""

import numpy as np
import pytest

from crypto.encoding.dummies import generate_dummy_rows
from crypto.encoding.encoder import encode_people
from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from crypto.encoding.sounds import get_skeleton
from crypto.encoding.views import ABSENT, encode_views, select_rows
from crypto.encoding.wide import derive_positions, diffuse
from crypto.errors import InputError
from tests.unit.test_linker import invent_people

SCHEMA, WIDE, PLAIN = (
    load_built_in_schema(name).subset(FEDERATION_FIELDS) for name in ("uk-police", "uk-police-wide", "plain")
)
SECRET, OTHER_SECRET = b"k" * 32, b"o" * 32
ANNA = {"forenames": "Anna Mary", "surname": "Archer", "dob": "1990-02-03", "sex": "F", "postcode": "AB1 2CD"}
TYPO = {**ANNA, "surname": "Archar"}
BORIS = {"forenames": "Boris", "surname": "Baker", "dob": "1971-11-30", "sex": "M", "postcode": "ZE2 9XX"}


def encode(*people, schema=SCHEMA, secret=SECRET, persons=None):
    return {rows.name: rows for rows in encode_views(people, schema, secret=secret, persons=persons)}


def dice(left: np.ndarray, right: np.ndarray) -> float:
    shared = np.bitwise_count(left & right).sum()
    return float(2 * shared / (np.bitwise_count(left).sum() + np.bitwise_count(right).sum()))


def test_every_view_of_the_layout_has_a_row_for_a_complete_person() -> None:
    views = encode(ANNA)
    assert list(views) == [layout.name for layout in SCHEMA.layout]
    for rows, layout in zip(views.values(), SCHEMA.layout, strict=True):
        assert (rows.records.tolist(), rows.blocks.shape) == ([0], (1, 16))
        assert rows.encodings.shape == (1, layout.encoding_bytes)


def test_every_salted_row_has_the_same_weight_whatever_is_missing() -> None:
    people = [ANNA, BORIS, {**ANNA, "sex": "", "postcode": ""}, {"surname": "O", "dob": "1990-02-03"}]
    for rows in encode(*people).values():
        assert set(np.bitwise_count(rows.encodings).sum(axis=1).tolist()) <= {SCHEMA.views.ones}


def test_two_members_give_one_person_equal_rows() -> None:
    here, there = encode(BORIS, ANNA), encode(ANNA)
    for name, rows in here.items():
        at = rows.records.tolist().index(1)
        assert (rows.blocks[at] == there[name].blocks[0]).all()
        assert (rows.encodings[at] == there[name].encodings[0]).all()


def test_a_typing_error_keeps_most_bits_in_the_blocks_that_are_still_shared() -> None:
    left, right = encode(ANNA), encode(TYPO)
    shared = [name for name in left if (left[name].blocks == right[name].blocks).all()]
    assert {"forename-dob", "postcode-day", "dob-outcode"} <= set(shared) < set(left)
    for name in shared:
        assert 0.75 < dice(left[name].encodings, right[name].encodings) < 1


def test_strangers_look_as_alike_as_chance_in_every_view() -> None:
    left, right = encode(ANNA), encode(BORIS)
    fill = SCHEMA.views.ones / SCHEMA.views.bits
    for name in left:
        assert (left[name].blocks != right[name].blocks).any()
        assert abs(dice(left[name].encodings, right[name].encodings) - fill) < 0.15


@pytest.mark.parametrize("secret", [OTHER_SECRET, SECRET])
def test_rows_of_one_person_have_nothing_in_common_across_views_and_rounds(secret: bytes) -> None:
    left, right = encode(ANNA), encode(ANNA, secret=secret)
    fill = SCHEMA.views.ones / SCHEMA.views.bits
    found = [
        dice(one.encodings, other.encodings)
        for name, one in left.items()
        for also, other in right.items()
        if secret is OTHER_SECRET or name < also
    ]
    assert abs(np.mean(found) - fill) < 0.02
    assert len({rows.blocks.tobytes() for rows in (*left.values(), *right.values())}) >= len(left)


def test_two_who_both_lack_a_value_do_not_look_alike_for_it() -> None:
    left = encode({**ANNA, "postcode": ""})["forename-dob"].encodings
    right = encode({**ANNA, "postcode": "", "surname": "Anderson"})["forename-dob"].encodings
    names, dates, postcodes = 256 // 8, 128 // 8, 96 // 8
    part = slice(names + dates, names + dates + postcodes)
    assert dice(left[:, part], right[:, part]) < 0.6


@pytest.mark.parametrize("missing", [{"dob": ""}, {"dob": "1990-01-01"}])
def test_a_person_without_a_salt_has_no_row_in_its_views(missing: dict[str, str]) -> None:
    views = encode({**ANNA, **missing})
    assert not len(views["forename-dob"].records)
    assert len(views["postcode-surname"].records) == 1


def test_a_person_with_aliases_puts_one_row_into_a_block() -> None:
    alias = {**ANNA, "surname": "Novak"}
    views = encode(ANNA, alias, persons=[0, 0])
    assert views["postcode-day"].records.tolist() == [0]
    assert views["postcode-surname"].records.tolist() == [0, 1]


def test_a_block_over_the_cap_is_left_out_whole() -> None:
    # Five persons of one block, one of them twice; another block with one.
    blocks = np.array([3, 3, 3, 3, 3, 3, 8, ABSENT])
    holders = np.array([0, 1, 2, 3, 4, 4, 5, 6])
    assert select_rows(blocks, holders, cap=4).tolist() == [6]
    assert select_rows(blocks, holders, cap=5).tolist() == [0, 1, 2, 3, 4, 6]


def test_nobody_encodes_to_no_rows() -> None:
    assert all(rows.blocks.shape == (0, 16) for rows in encode().values())


def test_a_plain_schema_has_one_view_of_clkhash_encodings_without_blocks() -> None:
    (rows,) = encode_views([ANNA, BORIS], PLAIN, secret=SECRET)
    assert (rows.name, rows.blocks.shape, rows.records.tolist()) == ("record", (2, 0), [0, 1])
    assert (rows.encodings == encode_people([ANNA, BORIS], PLAIN, secret=SECRET)).all()


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(InputError, match="at least 16 bytes"):
        encode(ANNA, secret=b"short")


def test_the_wide_view_keeps_small_differences_small_and_hides_large_ones() -> None:
    rows = encode(ANNA, TYPO, BORIS, schema=WIDE)["wide"]
    assert rows.blocks.shape == (3, 0)
    same, stranger = dice(rows.encodings[0], rows.encodings[1]), dice(rows.encodings[0], rows.encodings[2])
    assert stranger < 0.56 < same


def test_diffused_bits_are_the_exclusive_or_of_distinct_secret_positions() -> None:
    chosen = derive_positions(SECRET, 64, 10)
    assert all(len(set(row)) == 10 for row in chosen.tolist())
    assert (chosen != derive_positions(OTHER_SECRET, 64, 10)).any()
    bits = np.random.default_rng(1).integers(2, size=(5, 64), dtype=np.uint8)
    assert (diffuse(bits, chosen) == bits[:, chosen].sum(axis=2) % 2).all()


@pytest.mark.parametrize("view", [0, 11, 12])
def test_dummies_weigh_what_people_weigh_and_share_a_block_with_nobody(view: int) -> None:
    blocks, rows = generate_dummy_rows(WIDE, view, 200, secret=SECRET)
    weights = np.bitwise_count(rows).sum(axis=1)
    if view < 12:
        assert len(np.unique(blocks, axis=0)) == 200
        assert set(weights.tolist()) == {WIDE.views.ones}
        return
    people = invent_people(200, seed=3)
    real = np.bitwise_count(encode(*people, schema=WIDE)["wide"].encodings).sum(axis=1)
    assert blocks.shape == (200, 0)
    assert abs(weights.mean() - real.mean()) < 12


def test_no_name_outlives_the_call_that_encoded_it() -> None:
    encode(ANNA, BORIS)
    assert get_skeleton.cache_info().currsize == 0
