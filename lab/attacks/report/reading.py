"""What results mean: one verdict for each scheme, which never claims that nobody can be found.

Layer: lab. Pure. Runs of different seeds are counted together, a later run of the same setting replaces an
earlier one, and runs whose control failed say nothing but that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lab.attacks.catalogue import ATTACKS
from lab.attacks.results import AttackResult, Count, Run, SchemeQuality, TyingMeasure

VOID = "VOID: a positive control failed, so this shows nothing about it."
LEAST_SHOWN = 0.0001  # less would be shown as nothing, and nothing is never claimed
NEAR_CHANCE = 0.1  # from this part of a share on, what chance alone would reach is told with it
EVERYONE = 0.95  # a share over it is called everyone


@dataclass(frozen=True, slots=True)
class Pooled:
    """One attack in one setting over all runs that had it.

    Attributes:
        scheme, attack, coverage, anchors: The setting.
        records: Held in each run.
        density: How births lay.
        listed, resolved, named: Counts of all runs together.
        seconds: Of one run, on average.
        chance: Share that naming rows at random would reach.
        runs: How many seeds.
    """

    scheme: str
    attack: str
    coverage: float
    anchors: int
    records: int
    density: str
    listed: Count
    resolved: Count
    named: Count
    seconds: float
    chance: float
    runs: int

    @property
    def title(self) -> str:
        """What the attack is called in tables."""
        return ATTACKS[self.attack].title if self.attack in ATTACKS else self.attack

    @property
    def is_limit(self) -> bool:
        """Whether it shows the limit of every keyed encoding and judges no scheme."""
        return self.attack in ATTACKS and ATTACKS[self.attack].is_limit


@dataclass(frozen=True, slots=True)
class TyingReading:
    """How well one adversary ties the views of a scheme, over all pairs of them.

    Attributes:
        adversary: What it goes by.
        ratio: Hits against chance over all pairs of views together; 1 means that nothing is learnt.
        low, high: 95% interval of the ratio.
        worst: The two views that it ties best, in words.
        worst_ratio: The ratio there; of many pairs one is above 1 by chance.
        view_pairs: How many pairs of views.
    """

    adversary: str
    ratio: float
    low: float
    high: float
    worst: str
    worst_ratio: float
    view_pairs: int


@dataclass(frozen=True, slots=True)
class SchemeReading:
    """Everything about one scheme.

    Attributes:
        scheme: Name.
        verdict: One sentence.
        rows: Attacks, those that re-identify most first.
        worst: The first row that judges the scheme, or None when none was run.
        upper: The highest upper end of an interval over all such rows.
        quality: How well it links, where that was measured.
        tying: How well its views could be tied by each adversary, where that was measured.
    """

    scheme: str
    verdict: str
    rows: tuple[Pooled, ...]
    worst: Pooled | None
    upper: float
    quality: SchemeQuality | None
    tying: tuple[TyingReading, ...]


def read_runs(runs: Sequence[Run], *, are_void: bool = False) -> tuple[SchemeReading, ...]:
    """Return a reading for each scheme, in the order first met.

    Args:
        runs: Everything measured.
        are_void: Read the void runs in place of the others; their verdict is that there is none.
    """
    chosen = [run for run in runs if run.is_void == are_void]
    pooled = pool_results(chosen)
    names = dict.fromkeys(
        [result.scheme for run in chosen for result in run.results]
        + [tying.scheme for run in chosen for tying in run.tying]
    )
    found = (_read_scheme(name, [row for row in pooled if row.scheme == name], chosen) for name in names)
    return tuple(replace(reading, verdict=VOID, worst=None) if are_void else reading for reading in found)


def pool_results(runs: Iterable[Run]) -> tuple[Pooled, ...]:
    """Return the results of several runs, those of one setting counted together."""
    latest: dict[tuple[object, ...], tuple[Run, AttackResult]] = {}
    for run in runs:
        conditions = run.conditions
        for result in run.results:
            setting = (*result.setting, conditions.records, conditions.density, conditions.source)
            latest[*setting, conditions.seed] = (run, result)
    groups: dict[tuple[object, ...], list[tuple[Run, AttackResult]]] = {}
    for key, found in latest.items():
        if not found[1].failure:
            groups.setdefault(key[:-1], []).append(found)
    return tuple(_pool(group) for group in groups.values())


def list_failures(runs: Iterable[Run]) -> tuple[AttackResult, ...]:
    """Return what was asked for and could not be measured."""
    return tuple(result for run in runs for result in run.results if result.failure)


def describe_void(runs: Iterable[Run]) -> tuple[str, ...]:
    """Return a sentence for each control that failed; a run with one says nothing about any scheme."""
    sentences = []
    for run in runs:
        if run.is_void and not run.controls:
            sentences.append("VOID: no positive control was run, so nothing follows from what was not found.")
        sentences += [
            f"VOID: {control.name} must be re-identified at {control.goal:.0%} or more, and "
            + (
                f"the attack broke down ({control.failure})"
                if control.failure
                else f"{show_share(control.reached.share)} of {control.reached.trials:,} were"
            )
            + ". Nothing in this run shows that anything is safe; measure again with more records."
            for control in run.controls
            if not control.is_met
        ]
    return tuple(sentences)


def show_share(share: float) -> str:
    """Return a share as a percentage with as many decimals as it needs."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    if share < LEAST_SHOWN:
        return f"<{LEAST_SHOWN:.2%}"
    if share < 0.01:
        return f"{share:.2%}"
    # A share that rounds to all is not all.
    return f"{min(share, 0.999):.1%}"


def show_interval(count: Count) -> str:
    """Return the 95% interval of a share."""
    low, high = count.interval
    return f"{show_share(low)} to {show_share(high)}"


def _pool(group: Sequence[tuple[Run, AttackResult]]) -> Pooled:
    run, first = group[0]
    results = [result for _, result in group]
    none = Count(0, 0)
    return Pooled(
        scheme=first.scheme,
        attack=first.attack,
        coverage=first.coverage,
        anchors=first.anchors,
        records=run.conditions.records,
        density=run.conditions.density,
        listed=sum((result.listed for result in results), none),
        resolved=sum((result.resolved for result in results), none),
        named=sum((result.named for result in results), none),
        seconds=sum(result.seconds for result in results) / len(results),
        chance=sum(result.chance for result in results) / len(results),
        runs=len(results),
    )


def _read_scheme(name: str, rows: Sequence[Pooled], runs: Sequence[Run]) -> SchemeReading:
    ordered = tuple(sorted(rows, key=lambda row: (-row.listed.share, -row.listed.interval[1], row.attack)))
    judging = [row for row in ordered if not row.is_limit and row.listed.trials]
    worst = judging[0] if judging else None
    upper = max((row.listed.interval[1] for row in judging), default=1.0)
    qualities = [quality for run in runs for quality in run.qualities if quality.scheme == name]
    return SchemeReading(
        scheme=name,
        verdict=_judge(worst, upper),
        rows=ordered,
        worst=worst,
        upper=upper,
        quality=qualities[-1] if qualities else None,
        tying=_read_tying([tying for run in runs for tying in run.tying if tying.scheme == name]),
    )


def _read_tying(measures: Sequence[TyingMeasure]) -> tuple[TyingReading, ...]:
    adversaries = dict.fromkeys(measure.adversary for measure in measures)
    return tuple(
        _pool_tying([measure for measure in measures if measure.adversary == adversary])
        for adversary in adversaries
    )


def _pool_tying(measures: Sequence[TyingMeasure]) -> TyingReading:
    pairs = sum(measure.pairs for measure in measures)
    expected = sum(measure.pairs * measure.chance for measure in measures)
    count = Count(sum(measure.hits for measure in measures), pairs)
    low, high = (end * pairs / expected for end in count.interval)
    worst = max(measures, key=lambda measure: measure.hits / measure.pairs / measure.chance)
    return TyingReading(
        adversary=measures[0].adversary,
        ratio=count.hits / expected,
        low=low,
        high=high,
        worst=f"{worst.first} and {worst.second}",
        worst_ratio=worst.hits / worst.pairs / worst.chance,
        view_pairs=len(measures),
    )


def _judge(worst: Pooled | None, upper: float) -> str:
    if worst is None:
        return "No attack of these applies, so nothing is known about it."
    how = f"{worst.title}, list covers {show_share(worst.coverage)}"
    how += f", {worst.anchors:,} known" if worst.anchors else ", nobody known"
    share = worst.listed.share
    if share >= EVERYONE:
        return f"Everyone is re-identified ({show_share(share)} by {how})."
    if not worst.listed.hits:
        return f"Fewer than {show_share(upper)} are re-identified, with 95% confidence; none was found."
    verdict = f"At most {show_share(share)} are re-identified (95%: up to {show_share(upper)}), by {how}"
    is_near_chance = worst.chance > share * NEAR_CHANCE
    return verdict + (f"; at random {show_share(worst.chance)} would be." if is_near_chance else ".")
