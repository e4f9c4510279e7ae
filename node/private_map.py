"""Whose row is whose: the one thing that ties a submission's rows to people, kept by the node alone.

Layer: node, pure. Every record, person or dummy, has one row in each view. A holder is a person of the
batch by its number, or a dummy by a negative one. Kept sealed until the round is over (see
:mod:`node.store.sealed_files`), never sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crypto.canonical import canonical_bytes, parse_json
from crypto.errors import StorageError, VerificationError
from protos.messages import TOKEN_BYTES

Holder = tuple[int, int]
"""Batch and number in it: a person's from 0, a dummy's below."""

Tokens = NDArray[np.bytes_]
"""Row tokens as strings of one length, which numpy compares and sorts as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class BatchMap:
    """The rows of one batch.

    Attributes:
        persons: Nominal ids of each person.
        records: How many records the batch has, dummies included.
        tokens: Row tokens of each view, in the order in which they were sent.
        holders: The holder of each of these rows.
    """

    persons: tuple[tuple[str, ...], ...]
    records: int
    tokens: tuple[Tokens, ...]
    holders: tuple[NDArray[np.int32], ...]


def to_sections(own: BatchMap) -> Iterator[bytes]:
    """Yield a batch's map as bytes to be sealed: the persons first, then each view."""
    yield canonical_bytes({"persons": [list(ids) for ids in own.persons], "records": own.records})
    for tokens, holders in zip(own.tokens, own.holders, strict=True):
        yield tokens.tobytes() + holders.astype("<i4").tobytes()


def from_sections(sections: Iterator[bytes]) -> BatchMap:
    """Return the map that :func:`to_sections` wrote."""
    body = parse_json(next(sections))
    tokens, holders = [], []
    for section in sections:
        rows = len(section) // (TOKEN_BYTES + 4)
        tokens.append(to_tokens(section[: rows * TOKEN_BYTES]))
        holders.append(np.frombuffer(section, dtype="<i4", offset=rows * TOKEN_BYTES).astype(np.int32))
    persons = tuple(tuple(ids) for ids in body["persons"])
    return BatchMap(persons, body["records"], tuple(tokens), tuple(holders))


def to_tokens(data: bytes) -> Tokens:
    """Return concatenated tokens as an array."""
    return np.frombuffer(data, dtype=f"S{TOKEN_BYTES}")


class PrivateMap:
    """The rows of all batches that a node has submitted in a round."""

    def __init__(self, batches: Sequence[BatchMap]) -> None:
        if not batches:
            raise StorageError("this round has no private map; it cannot be gone on with")
        self._batches = tuple(batches)

    @property
    def views(self) -> int:
        """How many views there are."""
        return len(self._batches[0].tokens)

    @property
    def nominal_ids(self) -> frozenset[str]:
        """Ids of every nominal that has been submitted."""
        return frozenset(nominal_id for batch in self._batches for ids in batch.persons for nominal_id in ids)

    def count_holders(self) -> int:
        """Return how many persons and dummies there are."""
        return sum(len(np.unique(batch.holders[0])) for batch in self._batches)

    def get_nominal_ids(self, holder: Holder) -> tuple[str, ...]:
        """Return a person's nominals; none for a dummy."""
        batch, number = holder
        return self._batches[batch].persons[number] if number >= 0 else ()

    def find_holders(self, view: int, asked: Sequence[bytes]) -> Mapping[bytes, Holder]:
        """Return the holder of each row asked about.

        Raises:
            VerificationError: A row is not this node's, or named twice.
        """
        wanted = to_tokens(b"".join(asked))
        found: dict[bytes, Holder] = {}
        if view < self.views:
            for number, batch in enumerate(self._batches):
                rows = np.flatnonzero(np.isin(batch.tokens[view], wanted))
                holders = batch.holders[view][rows].tolist()
                found |= {
                    _unstrip(token): (number, holder)
                    for token, holder in zip(batch.tokens[view][rows].tolist(), holders, strict=True)
                }
        if len(set(asked)) != len(asked) or found.keys() != set(asked):
            raise VerificationError(
                "the coordinator asked about row tokens that this node did not submit, or twice about one"
            )
        return found

    def name_rows(self) -> dict[bytes, tuple[str, ...]]:
        """Return the nominals behind each row of the one view whose rows are the records."""
        return dict(self._iterate_view(0))

    def iterate_rows(self) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """Yield each row of each view that is about a person, with the nominals behind it."""
        for view in range(self.views):
            yield from ((token, ids) for token, ids in self._iterate_view(view) if ids)

    def _iterate_view(self, view: int) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        for number, batch in enumerate(self._batches):
            holders = batch.holders[view].tolist()
            for token, holder in zip(batch.tokens[view].tolist(), holders, strict=True):
                yield _unstrip(token), self.get_nominal_ids((number, holder))


def _unstrip(token: bytes) -> bytes:
    # numpy leaves out the zeros that a string ends in.
    return token.ljust(TOKEN_BYTES, b"\0")
