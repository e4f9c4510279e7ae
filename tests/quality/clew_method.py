"""Clew itself: the code of ``clew-lab link`` and of a federation's rounds, on a labelled set."""

import hashlib
import time
from dataclasses import dataclass

from lab.link import LinkResult, link_files, score_result
from scoring.linkage.evaluation import Pair, Quality, get_cluster_pairs
from scoring.linkage.matching import iterate_positions
from tests.quality.labelled import LabelledSet


@dataclass(frozen=True, slots=True, eq=False)
class ClewRun:
    """What one run under one key decided.

    Attributes:
        decided: Pairs that share a cluster at the program's own threshold.
        scored: Every candidate pair: at or above the floor of similarity.
        own, best: Quality at the own threshold and at the best in hindsight.
        seconds: Encoding, comparing, fitting and clustering; not the search for the best threshold.
    """

    decided: frozenset[Pair]
    scored: frozenset[Pair]
    own: Quality
    best: Quality
    seconds: float


def derive_secret(seed: int, number: int) -> bytes:
    """Return the linkage secret of a repetition: fixed, so that a table can be made again."""
    return hashlib.sha256(f"clew quality {seed} {number}".encode()).digest()


def run_clew(labelled: LabelledSet, *, secret: bytes) -> ClewRun:
    """Link a set and judge it."""
    result, seconds = _link(labelled, secret)
    own, best = score_result(result, set(labelled.truth), within=labelled.within)
    return ClewRun(
        decided=frozenset(get_cluster_pairs(result.linkage.clusters)),
        scored=frozenset(iterate_positions(result.linkage.candidates)),
        own=own,
        best=best,
        seconds=seconds,
    )


def decide_with_clew(labelled: LabelledSet, *, secret: bytes) -> frozenset[Pair]:
    """Return the pairs decided at the own threshold, without the search for the best."""
    return frozenset(get_cluster_pairs(_link(labelled, secret)[0].linkage.clusters))


def _link(labelled: LabelledSet, secret: bytes) -> tuple[LinkResult, float]:
    started = time.perf_counter()
    result = link_files(
        labelled.files, labelled.schema, secret=secret, within=labelled.within, progress=lambda _: None
    )
    return result, time.perf_counter() - started
