"""A batch of a submission: every view alike in size, apart in order, and tied by the private map alone."""

import hashlib
import secrets
from datetime import date

import numpy as np
import pytest

from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from crypto.encoding.view_schema import Padding
from crypto.encoding.views import encode_views
from node.persons import Person
from node.private_map import PrivateMap
from node.submission import (
    Submission,
    count_records,
    derive_content_digest,
    list_chunks,
    prepare_submission,
)
from protos.messages import MAX_CHUNK_RECORDS
from tests.support.node_bench import make_nominal
from tests.support.view_schemas import WIDE, make_views_schema

KEY = b"k" * 32
SCHEMA = make_views_schema()
PLAIN = load_built_in_schema("plain").subset(FEDERATION_FIELDS)
FORENAME_DOB, POSTCODE_SURNAME, NAMES_YEAR = range(3)
ALIAS = Person(
    (
        make_nominal("N1", given_names="Anna", surname="Ashby", postcode="CM1 1AA"),
        make_nominal("N2", given_names="Anna", surname="Birch", postcode="ME1 1AA"),
        make_nominal("N3", given_names="ANNA", surname="ashby", postcode="cm11aa"),
    )
)
HOMELESS = Person((make_nominal("N4", given_names="Omar", surname="Reed", postcode=""),))
PERSONS = (ALIAS, HOMELESS, *(Person((make_nominal(f"P{number}"),)) for number in range(9)))


def prepare(schema: object = SCHEMA, persons: tuple[Person, ...] = PERSONS) -> Submission:
    return prepare_submission(
        persons,
        schema,  # type: ignore[arg-type]
        round_key=KEY,
        random=secrets.SystemRandom(),
    )


@pytest.mark.parametrize(
    ("records", "padding", "count"),
    [
        (100, Padding(0.02, 64), 128),
        (128, Padding(0.0, 64), 128),
        (128, Padding(0.02, 64), 192),
        (1, Padding(0.02, 64), 64),
        (7, Padding(0.0, 1), 7),
        (1_000_000, Padding(0.02, 64), 1_020_032),
    ],
)
def test_the_padded_count_has_the_share_of_dummies_and_the_multiple(
    records: int, padding: Padding, count: int
) -> None:
    assert count_records(records, padding) == count


@pytest.mark.parametrize("schema", [SCHEMA, make_views_schema(wide=WIDE)], ids=["salted", "wide too"])
def test_every_record_has_one_row_in_every_view(schema: object) -> None:
    submission = prepare(schema)
    assert submission.record_count == 16, "12 records: 10 people, one of them as two, and dummies up to 16"
    for view in submission.views:
        assert np.array_equal(np.sort(view.holders), np.sort(submission.views[0].holders))
        numbers, counts = np.unique(view.holders, return_counts=True)
        assert dict(zip(numbers.tolist(), counts.tolist(), strict=True)) == {
            **dict.fromkeys(range(-4, 0), 1),
            **dict.fromkeys(range(11), 1),
            0: 2,
        }


def test_rows_of_people_are_the_encoders_and_all_others_look_like_them() -> None:
    submission = prepare()
    people = [fields for person in PERSONS for fields in person.encoding_variants]
    holders = [number for number, person in enumerate(PERSONS) for _ in person.encoding_variants]
    for view, made in zip(
        submission.views, encode_views(people, SCHEMA, secret=KEY, persons=holders), strict=True
    ):
        sent = {
            (holder, block.tobytes(), row.tobytes())
            for holder, block, row in zip(view.holders.tolist(), view.blocks, view.encodings, strict=True)
        }
        expected = {
            (holders[record], block.tobytes(), row.tobytes())
            for record, block, row in zip(made.records.tolist(), made.blocks, made.encodings, strict=True)
        }
        assert expected < sent
        assert set(np.bitwise_count(view.encodings).sum(axis=1).tolist()) == {64}
        assert len({block.tobytes() for block in view.blocks}) == len(view.blocks), "no block of two here"


def test_who_lacks_a_salt_has_a_row_that_nobody_can_match() -> None:
    first, second = prepare(), prepare()

    def block_of(submission: Submission, view: int) -> bytes:
        rows = submission.views[view]
        return rows.blocks[rows.holders == 1][0].tobytes()

    assert block_of(first, FORENAME_DOB) == block_of(second, FORENAME_DOB)
    assert block_of(first, POSTCODE_SURNAME) != block_of(second, POSTCODE_SURNAME)


def test_aliases_of_one_person_are_in_a_block_once() -> None:
    submission = prepare(persons=(ALIAS,))
    blocks = [{block.tobytes() for block in view.blocks[view.holders == 0]} for view in submission.views]
    assert [len(found) for found in blocks] == [2, 2, 2]
    again = prepare(persons=(ALIAS,))
    shared = [
        len(found & {block.tobytes() for block in view.blocks})
        for found, view in zip(blocks, again.views, strict=True)
    ]
    assert shared == [1, 2, 2], "one forename and one birth, two surnames at two addresses"


def test_a_schema_of_one_view_takes_each_person_once_and_adds_nobody() -> None:
    submission = prepare(PLAIN)
    (view,) = submission.views
    assert sorted(view.holders.tolist()) == list(range(len(PERSONS)))
    assert view.blocks.shape == (len(PERSONS), 0)


def test_orders_and_tokens_of_views_have_nothing_to_do_with_each_other() -> None:
    persons = tuple(Person((make_nominal(f"P{number}", dob=date(1950, 1, 2)),)) for number in range(200))
    first, second, _ = prepare(persons=persons).views
    people = first.holders.tolist(), second.holders.tolist()
    assert people[0] != people[1]
    assert people[0] != sorted(people[0])
    assert abs(np.corrcoef(*people)[0, 1]) < 0.5  # 220 rows: seven standard deviations from 0
    tokens = {row.tobytes() for view in (first, second) for row in view.tokens}
    assert len(tokens) == 2 * len(first.tokens)


def test_the_digest_covers_every_column_of_every_view_in_order() -> None:
    views = prepare().views
    columns = [column for view in views for column in (view.tokens, view.blocks, view.encodings)]
    content = b"".join(column.tobytes() for column in columns)
    assert derive_content_digest(views) == hashlib.sha256(content).hexdigest()


def test_chunks_bring_view_after_view_whole_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.submission.CHUNK_BYTES", 5 * (16 + 16 + 32))
    views = prepare().views
    chunks = list(list_chunks(views))
    assert [(chunk.view, chunk.index) for chunk in chunks] == [(v, i) for v in range(3) for i in range(4)]
    for number, view in enumerate(views):
        own = [chunk for chunk in chunks if chunk.view == number]
        assert b"".join(chunk.tokens for chunk in own) == view.tokens.tobytes()
        assert b"".join(chunk.blocks for chunk in own) == view.blocks.tobytes()
        assert b"".join(chunk.encodings for chunk in own) == view.encodings.tobytes()
    assert max(len(chunk.tokens) for chunk in chunks) == 5 * 16 < 16 * MAX_CHUNK_RECORDS


def test_the_private_map_names_the_holder_of_every_row() -> None:
    submission = prepare()
    own = PrivateMap([submission.to_map()])
    for number, view in enumerate(submission.views):
        tokens = [row.tobytes() for row in view.tokens]
        found = own.find_holders(number, tokens)
        assert [found[token] for token in tokens] == [(0, holder) for holder in view.holders.tolist()]
    assert own.count_holders() == 15
    assert own.get_nominal_ids((0, 0)) == ("N1", "N2", "N3")
    assert own.get_nominal_ids((0, -2)) == ()
    assert own.nominal_ids >= {"N1", "N2", "N3", "N4", "P0"}
