"""One batch of a member's submission: rows of every view, shuffled apart, with dummies among them.

Layer: node, pure apart from what it is given to draw from. Every record has one row in every view, under a
random token of its own: a real one where the view has its salt, else one that looks like it; dummy records
fill up to the padded count. The order of rows and their tokens say nothing about the records, and nothing
ties a record's rows to one another but the private map.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crypto.encoding.dummies import generate_dummy_rows
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.view_schema import Padding
from crypto.encoding.views import ViewRows, encode_views
from node.persons import Person
from node.private_map import BatchMap, to_tokens
from protos.messages import MAX_CHUNK_RECORDS, TOKEN_BYTES, SubmissionChunk

CHUNK_BYTES = 1 << 20  # about what one message carries; far below the message limit
ORDER_BYTES = 8  # random sort keys of 64 bits: two alike among millions would only keep their order


@dataclass(frozen=True, slots=True, eq=False)
class SubmittedView:
    """One view as it is sent, each array in the same random order.

    Attributes:
        tokens: Row tokens, shape (rows, 16).
        blocks: Block tokens, shape (rows, 16), or (rows, 0) in a view without blocks.
        encodings: Packed bits, shape (rows, bytes).
        holders: Whose rows they are, as in :class:`node.private_map.BatchMap`; never sent.
    """

    tokens: NDArray[np.uint8]
    blocks: NDArray[np.uint8]
    encodings: NDArray[np.uint8]
    holders: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """One batch: its views in the schema's order, and the persons whose numbers its holders are."""

    persons: tuple[tuple[str, ...], ...]
    views: tuple[SubmittedView, ...]

    @property
    def record_count(self) -> int:
        """Records, dummies included."""
        return len(self.views[0].tokens)

    def to_map(self) -> BatchMap:
        """Return whose row is whose."""
        return BatchMap(
            self.persons,
            self.record_count,
            tuple(to_tokens(view.tokens.tobytes()) for view in self.views),
            tuple(view.holders for view in self.views),
        )


def prepare_submission(
    persons: Sequence[Person], schema: LinkageSchema, *, round_key: bytes, random: secrets.SystemRandom
) -> Submission:
    """Return one batch of a submission.

    Args:
        persons: Whom to encode; with salted views each as every name and address that is on record.
        schema: The agreed linkage schema.
        round_key: Key of this round.
        random: The system's random source, for tokens and order.
    """
    variants = [_list_variants(person, schema) for person in persons]
    people = [fields for own in variants for fields in own]
    holders = np.repeat(np.arange(len(persons), dtype=np.int32), [len(own) for own in variants])
    found = encode_views(people, schema, secret=round_key, persons=holders.tolist())
    padding = schema.views.padding if schema.views is not None else Padding(0.0, 1)
    dummies = count_records(len(people), padding) - len(people)
    everyone = np.concatenate([holders, -1 - np.arange(dummies, dtype=np.int32)])
    views = []
    for number, rows in enumerate(found):
        whole = _fill_view(rows, everyone, schema, number, secret=round_key)
        views.append(_shuffle(whole, random))
    return Submission(tuple(person.nominal_ids for person in persons), tuple(views))


def count_records(records: int, padding: Padding) -> int:
    """Return how many records are submitted, dummies included, for so many real ones."""
    wanted = int(np.ceil(records * (1 + padding.dummy_share)))
    return -(-wanted // padding.multiple) * padding.multiple


def derive_content_digest(views: Sequence[SubmittedView]) -> str:
    """Return the hex SHA-256 over tokens, block tokens and encodings of each view after the other."""
    digest = hashlib.sha256()
    for view in views:
        for column in (view.tokens, view.blocks, view.encodings):
            digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def list_chunks(views: Sequence[SubmittedView]) -> Iterator[SubmissionChunk]:
    """Yield the chunks of a submission, view after view."""
    for number, view in enumerate(views):
        width_bytes = sum(column.shape[1] for column in (view.tokens, view.blocks, view.encodings))
        size = min(MAX_CHUNK_RECORDS, max(1, CHUNK_BYTES // width_bytes))
        for index, start in enumerate(range(0, len(view.tokens), size)):
            some = slice(start, start + size)
            tokens, blocks, encodings = (
                column[some].tobytes() for column in (view.tokens, view.blocks, view.encodings)
            )
            yield SubmissionChunk(index, tokens, encodings, view=number, blocks=blocks)


def _list_variants(person: Person, schema: LinkageSchema) -> Sequence[dict[str, str]]:
    # Without resolution a row is a record, and a person must be one record.
    return person.encoding_variants if schema.views is not None else (person.encoding_fields,)


def _fill_view(
    rows: ViewRows, everyone: NDArray[np.int32], schema: LinkageSchema, number: int, *, secret: bytes
) -> SubmittedView:
    """Return a row for every record: what has none of its own in this view gets one that looks like it."""
    missing = np.setdiff1d(np.arange(len(everyone)), rows.records)
    blocks, encodings = rows.blocks, rows.encodings
    if len(missing):
        drawn = generate_dummy_rows(schema, number, len(missing), secret=secret)
        blocks, encodings = np.concatenate([blocks, drawn[0]]), np.concatenate([encodings, drawn[1]])
    holders = everyone[np.concatenate([rows.records, missing])]
    return SubmittedView(np.empty((len(everyone), 0), dtype=np.uint8), blocks, encodings, holders)


def _shuffle(view: SubmittedView, random: secrets.SystemRandom) -> SubmittedView:
    rows = len(view.holders)
    order = np.argsort(np.frombuffer(random.randbytes(ORDER_BYTES * rows), dtype=np.uint64), kind="stable")
    tokens = np.frombuffer(random.randbytes(TOKEN_BYTES * rows), dtype=np.uint8).reshape(rows, TOKEN_BYTES)
    return SubmittedView(tokens, view.blocks[order], view.encodings[order], view.holders[order])
