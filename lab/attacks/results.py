"""Results of attacks as values, and as JSON and back.

Layer: lab. Pure. The JSON is the record: table, page, chart and document are rendered from it, so that
runs on several machines and days can be put together without measuring again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from crypto.errors import InputError
from lab.attacks.intervals import get_wilson_interval

FORMAT = "clew-attack/1"


@dataclass(frozen=True, slots=True)
class Count:
    """How many of those who could have been were."""

    hits: int
    trials: int

    @property
    def share(self) -> float:
        """Hits of trials; 0 without trials, of which the interval says that it means nothing."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the share."""
        return get_wilson_interval(self.hits, self.trials)

    def __add__(self, other: "Count") -> "Count":
        return Count(self.hits + other.hits, self.trials + other.trials)


@dataclass(frozen=True, slots=True)
class AttackResult:
    """What one attack reached in one setting.

    Attributes:
        scheme, attack: Names.
        coverage: Share of the records whose people are on the attacker's list.
        anchors: Records that the attacker knew beforehand.
        listed: Records re-identified, of those whose person is listed and was not known. A record counts
            when any of its rows was named rightly.
        resolved: The same of those that members resolved in the round.
        named: Rows named rightly, of those that the attack named at all: how far it can trust itself.
        seconds: That the attack took.
        chance: Share that naming rows at random would reach: the more rows a record has, the more.
        failure: Why there is no result, or empty.
    """

    scheme: str
    attack: str
    coverage: float
    anchors: int
    listed: Count
    resolved: Count
    named: Count
    seconds: float
    chance: float = 0.0
    failure: str = ""

    @property
    def setting(self) -> tuple[str, str, float, int]:
        """What distinguishes it from others of its run."""
        return self.scheme, self.attack, self.coverage, self.anchors


@dataclass(frozen=True, slots=True)
class TyingMeasure:
    """How well one adversary tells which rows of two views are one person, against chance.

    Attributes:
        scheme: Name.
        adversary: What it goes by.
        first, second: The views.
        hits: True partners that it ranks among the likeliest rows.
        pairs: True partners sought.
        chance: Share that a blind ranking would have there.
        seconds: That all adversaries took on all views of the scheme.
    """

    scheme: str
    adversary: str
    first: str
    second: str
    hits: int
    pairs: int
    chance: float
    seconds: float


@dataclass(frozen=True, slots=True)
class ControlResult:
    """An attack that must succeed, or the run says nothing.

    Attributes:
        name: What is attacked and how, in words.
        goal: Least share.
        reached: Share that was reached.
        failure: Why it could not be run, or empty.
    """

    name: str
    goal: float
    reached: Count
    failure: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the attack succeeded."""
        return not self.failure and self.reached.share >= self.goal


@dataclass(frozen=True, slots=True)
class SchemeQuality:
    """How well a scheme links, at the best threshold in hindsight."""

    scheme: str
    precision: float
    recall: float
    f1: float
    true_pairs: int


Part = AttackResult | TyingMeasure | ControlResult | SchemeQuality


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which a run was made.

    Attributes:
        source: Where the people are from, in words.
        records: Held by the coordinator.
        density: How births lie: national or as-is.
        seed: Of everything drawn.
        measured_on: ISO date.
        machine, versions: Where, and of what.
    """

    source: str
    records: int
    density: str
    seed: int
    measured_on: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command.

    Attributes:
        conditions: Under which it was made.
        controls: Attacks that had to succeed.
        qualities: One for each scheme where records with errors were at hand.
        results: One for each attack in each setting.
        tying: One for each pair of views.
    """

    conditions: Conditions
    controls: tuple[ControlResult, ...] = ()
    qualities: tuple[SchemeQuality, ...] = ()
    results: tuple[AttackResult, ...] = ()
    tying: tuple[TyingMeasure, ...] = ()

    @property
    def is_void(self) -> bool:
        """Whether a control failed or none was run, so that nothing follows from what was not found."""
        return not self.controls or not all(control.is_met for control in self.controls)

    def add(self, part: Part) -> "Run":
        """Return the run with one more of what it consists of."""
        match part:
            case ControlResult():
                return replace(self, controls=(*self.controls, part))
            case SchemeQuality():
                return replace(self, qualities=(*self.qualities, part))
            case TyingMeasure():
                return replace(self, tying=(*self.tying, part))
            case AttackResult():
                return replace(self, results=(*self.results, part))


def to_json(runs: Iterable[Run]) -> dict[str, Any]:
    """Return runs as JSON values: shares and intervals are in it for readers of the file alone."""
    return {"format": FORMAT, "runs": [{"is_void": run.is_void, **asdict(run)} for run in runs]}


def parse_runs(body: Any, *, name: str) -> tuple[Run, ...]:
    """Return the runs that :func:`to_json` wrote.

    Args:
        body: Parsed JSON.
        name: Of the file, for the message.

    Raises:
        InputError: It is of another format or not whole.
    """
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise InputError(f"{name}: expected results of format {FORMAT}; make them with clew-lab attack --out")
    try:
        return tuple(_parse_run(run) for run in body["runs"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{name}: results of format {FORMAT} that are not whole; measure again") from error


def _parse_run(body: Mapping[str, Any]) -> Run:
    return Run(
        conditions=Conditions(**body["conditions"]),
        controls=tuple(
            ControlResult(**{**control, "reached": Count(**control["reached"])})
            for control in body["controls"]
        ),
        qualities=tuple(SchemeQuality(**quality) for quality in body["qualities"]),
        results=tuple(_parse_result(result) for result in body["results"]),
        tying=tuple(TyingMeasure(**tying) for tying in body["tying"]),
    )


def _parse_result(body: Mapping[str, Any]) -> AttackResult:
    counts = {name: Count(**body[name]) for name in ("listed", "resolved", "named")}
    return AttackResult(**{**body, **counts})
