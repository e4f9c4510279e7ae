"""Measure every method on one labelled set, alike."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from crypto.encoding.schema import LinkageSchema, load_built_in_schema
from lab.link import select_schema
from scoring.linkage.evaluation import Pair, score_quality
from tests.quality.anonlink_method import run_anonlink
from tests.quality.clew_method import decide_with_clew, derive_secret, run_clew
from tests.quality.labelled import LabelledSet
from tests.quality.measures import People, bootstrap_f1, find_recall_ceiling, measure_groups
from tests.quality.results import MethodResult, SetResult
from tests.quality.runs import Run
from tests.quality.splink_method import judge_splink, run_splink

CLEW, PLAIN, WIDE = "Clew, uk-police", "Clew, plain", "Clew, uk-police-wide"
SPLINK_USUAL = "Splink, usual blocking"
SPLINK_SAME = "Splink, same pairs"
SPLINK_ALL = "Splink, every pair"
ANONLINK = "clkhash + anonlink"
METHODS = (CLEW, PLAIN, WIDE, SPLINK_SAME, SPLINK_USUAL, SPLINK_ALL, ANONLINK)

MAX_ALL_PAIRS = 6_000_000  # comparisons; Splink on every pair of more takes many minutes

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure.

    Attributes:
        seed: Of keys, bootstrap and Splink's random pairs.
        keys: Linkage keys that Clew is repeated under, at least 1.
        threads: Threads that Splink may use.
        splink: Whether the baseline that has its own environment takes part.
    """

    seed: int
    keys: int
    threads: int
    splink: bool = True


def measure_set(
    labelled: LabelledSet, settings: Settings, progress: Progress
) -> tuple[SetResult, dict[str, str]]:
    """Return every method's result on a set, and the versions of what ran apart.

    Args:
        labelled: The set.
        settings: How to measure.
        progress: Called with what is being done.
    """
    people = People(labelled.sizes, labelled.truth)
    secret = derive_secret(settings.seed, 0)
    runs = {}
    for method, schema in choose_schemas(labelled).items():
        progress(f"{labelled.name}: {method}")
        runs[method] = run_clew(labelled, schema=schema, secret=secret)
    ours = runs[CLEW]
    deviation, seconds = _repeat_keys(labelled, ours, settings, progress)
    runs[CLEW] = replace(ours, seconds=seconds)
    versions: dict[str, str] = {}
    for method, pairs in _choose_splink_pairs(labelled, ours, settings).items():
        progress(f"{labelled.name}: {method}")
        outcome = run_splink(labelled, pairs=pairs, threads=settings.threads, seed=settings.seed)
        runs[method], versions = judge_splink(outcome, labelled), outcome.versions
    progress(f"{labelled.name}: {ANONLINK}")
    runs[ANONLINK] = run_anonlink(labelled, secret=secret)
    summary = SetResult(
        name=labelled.name,
        note=labelled.note,
        records=sum(labelled.sizes),
        members=len(labelled.sizes),
        true_pairs=len(labelled.truth),
        fields=labelled.schema.encoded_fields,
        methods=tuple(
            describe(method, run, labelled, people=people, seed=settings.seed, key_deviation=deviation)
            if method == CLEW
            else describe(method, run, labelled, people=people, seed=settings.seed)
            for method, run in runs.items()
        ),
    )
    return summary, versions


def describe(
    method: str,
    run: Run,
    labelled: LabelledSet,
    *,
    people: People,
    seed: int,
    key_deviation: float | None = None,
) -> MethodResult:
    """Return a run's result with uncertainty, ceiling and groups."""
    return MethodResult(
        method=method,
        own=run.own,
        best=run.best,
        spread=bootstrap_f1(people, run.decided, labelled.truth, seed=seed),
        key_deviation=key_deviation,
        ceiling=find_recall_ceiling(people, run.scored, labelled.truth),
        seconds=run.seconds,
        groups=tuple(measure_groups(people, run.decided, labelled.truth, labelled.groups)),
    )


def choose_schemas(labelled: LabelledSet) -> dict[str, LinkageSchema]:
    """Return the linkage schema of each of Clew's configurations."""
    return {
        CLEW: select_schema(labelled.files, load_built_in_schema("uk-police")),
        PLAIN: labelled.schema,
        WIDE: select_schema(labelled.files, load_built_in_schema("uk-police-wide")),
    }


def count_comparisons(labelled: LabelledSet) -> int:
    """Return how many pairs of records there are to compare."""
    sizes = labelled.sizes
    if labelled.within:
        return sizes[0] * (sizes[0] - 1) // 2
    return (sum(sizes) ** 2 - sum(size**2 for size in sizes)) // 2


def _choose_splink_pairs(
    labelled: LabelledSet, ours: Run, settings: Settings
) -> dict[str, Literal["blocked", "all"] | Iterable[Pair]]:
    if not settings.splink:
        return {}
    chosen: dict[str, Literal["blocked", "all"] | Iterable[Pair]] = {
        SPLINK_SAME: ours.scored,
        SPLINK_USUAL: "blocked",
    }
    if count_comparisons(labelled) <= MAX_ALL_PAIRS:
        chosen[SPLINK_ALL] = "all"
    return chosen


def _repeat_keys(
    labelled: LabelledSet, first: Run, settings: Settings, progress: Progress
) -> tuple[float | None, float]:
    """Return the standard deviation of the own F1 over keys, None with one, and the median seconds."""
    values, seconds = [first.own.f1], [first.seconds]
    schema = choose_schemas(labelled)[CLEW]
    for number in range(1, settings.keys):
        progress(f"{labelled.name}: {CLEW}, key {number + 1} of {settings.keys}")
        decided, taken = decide_with_clew(
            labelled, schema=schema, secret=derive_secret(settings.seed, number)
        )
        seconds.append(taken)
        values.append(score_quality(decided, labelled.truth, threshold=0.0).f1)
    return (statistics.stdev(values) if len(values) > 1 else None), statistics.median(seconds)
