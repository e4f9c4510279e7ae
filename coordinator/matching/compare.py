"""The first stage of matching: rows of one view in, pairs of rows at or above the view's bar out.

Layer: coordinator. Runs in a process of its own, one view at a time. The pairs are kept in a file of the
round's folder until members have said which rows are one record; they go with the round.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from coordinator.segments import Segment
from protos.hosting.files import PRIVATE_MODE, sync_directory

if TYPE_CHECKING:
    from scoring.linkage.linker import ViewPairs
    from scoring.linkage.matching import CandidatePairs

Rows = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class ViewTask:
    """One view of a round to be compared.

    Attributes:
        view: Its position in the linkage schema.
        members: Each member's segments, in the order of its batches.
        folder: Where the pairs are kept.
    """

    view: int
    members: tuple[tuple[Segment, ...], ...]
    folder: Path


def get_pairs_path(folder: Path, view: int) -> Path:
    """Return the file of a view's pairs."""
    return folder / f"pairs-{view}.npz"


def compare_segments(task: ViewTask) -> tuple[Rows, ...]:
    """Find and keep the pairs of one view.

    Returns:
        For each member the positions, over all its batches, of its rows that are in a pair; ascending.
    """
    # Imported by the worker alone: the server that sends work here need not carry scipy and anonlink.
    from scoring.linkage.blocks import ViewSide, compare_view
    from scoring.linkage.matching import find_floor

    sides = [
        ViewSide(
            blocks=_join([segment.map_blocks(task.view) for segment in own]),
            encodings=_join([segment.map_encodings(task.view) for segment in own]),
        )
        for own in task.members
    ]
    agreed = task.members[0][0].layout[task.view].bar
    bar = agreed or find_floor([side.encodings for side in sides])
    pairs = compare_view(sides, bar=bar)
    _store_pairs(get_pairs_path(task.folder, task.view), pairs, bar=bar)
    return tuple(
        np.union1d(pairs.record_a[pairs.dataset_a == member], pairs.record_b[pairs.dataset_b == member])
        for member in range(len(task.members))
    )


def load_pairs(folder: Path, view: int) -> "ViewPairs":
    """Return what :func:`compare_segments` kept of a view."""
    from scoring.linkage.linker import ViewPairs
    from scoring.linkage.matching import CandidatePairs

    with np.load(get_pairs_path(folder, view)) as held:
        columns = {name: held[name] for name in held.files if name != "bar"}
        return ViewPairs(CandidatePairs(**columns), float(held["bar"]))


def _join(parts: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _store_pairs(path: Path, pairs: "CandidatePairs", *, bar: float) -> None:
    """Write in one step: a crash leaves the whole file or none."""
    draft = path.with_name(f"draft-{secrets.token_hex(8)}.npz")
    draft.touch(mode=PRIVATE_MODE)
    np.savez(
        draft,
        bar=np.array(bar),
        similarity=pairs.similarity,
        dataset_a=pairs.dataset_a,
        record_a=pairs.record_a,
        dataset_b=pairs.dataset_b,
        record_b=pairs.record_b,
    )
    draft.replace(path)
    sync_directory(path.parent)
