"""Which rows members are asked to resolve, and which records their answers make of them.

Layer: coordinator, pure over segments. A schema of one view has nothing to resolve: a row is a record.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from coordinator.matching.compare import Rows
from coordinator.matching.link import RecordsByView
from coordinator.segments import Segment
from coordinator.store.rounds import AskedRow

UNRESOLVED = -1

Members = tuple[tuple[Segment, ...], ...]  # each participant's batches, by its name
Tokens = list[list[bytes]]  # each participant's record tokens


def list_rows_to_ask(
    names: Sequence[str], members: Members, found: Sequence[Sequence[Rows]]
) -> Iterator[AskedRow]:
    """Yield the rows that are in a pair: member after member, view after view.

    Args:
        names: The participants.
        members: Their segments.
        found: For each view and member the positions of its rows that are in a pair.
    """
    for number, name in enumerate(names):
        for view, rows in enumerate(found):
            tokens = np.concatenate([segment.map_tokens(view) for segment in members[number]])
            for position in rows[number].tolist():
                yield AskedRow(name, view, position, tokens[position].tobytes())


def number_rows(members: Members) -> tuple[Tokens, RecordsByView]:
    """Return record tokens and the record of each row, where the one view's rows are the records."""
    tokens = [[token for segment in own for token in segment.read_tokens(0)] for own in members]
    return tokens, (tuple(np.arange(len(own)) for own in tokens),)


def number_resolved(members: Members, asked: Sequence[Sequence[AskedRow]]) -> tuple[Tokens, RecordsByView]:
    """Return record tokens and, for each view and member, the record of each row as members resolved them.

    Args:
        members: The participants' segments.
        asked: Their rows that were asked about, resolved or not.
    """
    views = len(members[0][0].layout)
    tokens: Tokens = []
    tables = []
    for own, rows in zip(members, asked, strict=True):
        tokens.append(sorted({row.record for row in rows if row.record}))
        numbers = {token: number for number, token in enumerate(tokens[-1])}
        table = np.full((views, sum(segment.records for segment in own)), UNRESOLVED, dtype=np.int64)
        for row in rows:
            if row.record:
                table[row.view, row.position] = numbers[row.record]
        tables.append(table)
    return tokens, tuple(tuple(table[view] for table in tables) for view in range(views))
