"""What one method hands back from one set, whichever method it is."""

from dataclasses import dataclass

from scoring.linkage.evaluation import Pair, Quality


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Decisions of one run, judged.

    Attributes:
        decided: Pairs decided at the method's own threshold, after its clustering.
        scored: Every pair that was scored at all.
        own: Quality at the own threshold.
        best: Quality at the best threshold in hindsight.
        seconds: From reading records to the own decision; not the search for the best threshold.
    """

    decided: frozenset[Pair]
    scored: frozenset[Pair]
    own: Quality
    best: Quality
    seconds: float
