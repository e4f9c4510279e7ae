"""Erasing a round: files, log entry, rows, traces.

Layer: coordinator. However a round ends (closed, failed, abandoned), it ends here. Files go first and
the log entry second, so that a crash between repeats the erasure and never hides one.
"""

from collections.abc import Callable

from coordinator.journal import Journal
from coordinator.rounds import Round
from coordinator.segments import SegmentDirectory
from coordinator.store.rounds import RoundStore
from crypto.log.entry import EventType


class RoundEraser:
    """Erases everything of a round but its own row of counts."""

    def __init__(self, store: RoundStore, segments: SegmentDirectory, journal: Journal) -> None:
        self._store = store
        self._segments = segments
        self._journal = journal

    def erase(self, round_id: str, end: Callable[[Round], Round], *, actor: str = "service") -> Round:
        """Erase a round and store its end.

        Args:
            round_id: Which round.
            end: The pure change that ends it.
            actor: Who ended it, for the log.
        """
        self._segments.erase_rounds()
        self._journal.record(EventType.ERASURE, "ROUND_ERASED", round_id, actor=actor)
        return self._store.erase_round(round_id, end)

    def finish(self) -> None:
        """Delete what an upload that a crash cut off may have left of a round that is over."""
        latest = self._store.find_latest()
        if latest is None or latest.is_over:
            self._segments.erase_rounds()
