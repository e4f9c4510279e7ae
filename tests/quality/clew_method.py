"""Clew itself: the code of ``clew-lab link`` and of a federation's rounds, on a labelled set."""

import hashlib
import time

from crypto.encoding.schema import LinkageSchema
from lab.link import LinkResult, link_files, score_result
from scoring.linkage.evaluation import Pair, get_cluster_pairs
from scoring.linkage.matching import iterate_positions
from tests.quality.labelled import LabelledSet
from tests.quality.runs import Run


def derive_secret(seed: int, number: int) -> bytes:
    """Return the linkage secret of a repetition: fixed, so that a table can be made again."""
    return hashlib.sha256(f"clew quality {seed} {number}".encode()).digest()


def run_clew(labelled: LabelledSet, *, schema: LinkageSchema, secret: bytes) -> Run:
    """Link a set under a schema and judge it."""
    result, seconds = _link(labelled, schema, secret)
    own, best = score_result(result, set(labelled.truth), within=labelled.within)
    return Run(
        decided=frozenset(get_cluster_pairs(result.linkage.clusters)),
        scored=frozenset(iterate_positions(result.linkage.candidates)),
        own=own,
        best=best,
        seconds=seconds,
    )


def decide_with_clew(
    labelled: LabelledSet, *, schema: LinkageSchema, secret: bytes
) -> tuple[set[Pair], float]:
    """Return the pairs decided at the own threshold and the seconds, without the search for the best."""
    result, seconds = _link(labelled, schema, secret)
    return get_cluster_pairs(result.linkage.clusters), seconds


def _link(labelled: LabelledSet, schema: LinkageSchema, secret: bytes) -> tuple[LinkResult, float]:
    started = time.perf_counter()
    result = link_files(
        labelled.files, schema, secret=secret, within=labelled.within, progress=lambda _: None
    )
    return result, time.perf_counter() - started
