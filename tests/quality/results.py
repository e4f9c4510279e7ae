"""Results of a quality run as values, and as JSON and back.

The JSON is the record: the table, the page and the document are all rendered from it, so they can be
made again without measuring again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scoring.linkage.evaluation import Quality
from tests.quality.measures import GroupRates, Rate, Spread

FORMAT = "clew-quality/1"


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What one method reached on one set.

    Attributes:
        method: Its name, one of :data:`tests.quality.compare.METHODS`.
        own: Quality at the method's own threshold.
        best: Quality at the best threshold in hindsight.
        spread: Bootstrapped uncertainty of the own F1.
        key_deviation: Standard deviation of the own F1 over linkage keys; None for a method without.
        ceiling: Recall that perfect decisions over the pairs it scored would reach.
        seconds: From reading records to the own decision.
        groups: Rates for each group of people at the own threshold.
    """

    method: str
    own: Quality
    best: Quality
    spread: Spread
    key_deviation: float | None
    ceiling: float
    seconds: float
    groups: tuple[GroupRates, ...]


@dataclass(frozen=True, slots=True)
class SetResult:
    """One set with every method's result on it.

    Attributes:
        name, note: What it is and where it comes from.
        records: Records of all members.
        members: Files linked; 1 for duplicates in one file.
        true_pairs: Pairs that are one person.
        fields: Fields that Clew encoded.
        methods: One result for each method.
    """

    name: str
    note: str
    records: int
    members: int
    true_pairs: int
    fields: tuple[str, ...]
    methods: tuple[MethodResult, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run.

    Attributes:
        measured_on: ISO date.
        machine: Processor, cores, system.
        versions: Of everything that decides results.
        settings: Seed, keys and what else was asked for.
        sets: In the order measured.
    """

    measured_on: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    sets: tuple[SetResult, ...]


def to_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON values."""
    return {"format": FORMAT, **asdict(report)}


def parse_report(body: Mapping[str, Any]) -> Report:
    """Return the report that :func:`to_json` wrote.

    Raises:
        ValueError: Another format.
    """
    if body.get("format") != FORMAT:
        raise ValueError(f"expected results of format {FORMAT}, got another")
    return Report(
        measured_on=body["measured_on"],
        machine=body["machine"],
        versions=body["versions"],
        settings=body["settings"],
        sets=tuple(_parse_set(item) for item in body["sets"]),
    )


def _parse_set(item: Mapping[str, Any]) -> SetResult:
    methods = tuple(_parse_method(method) for method in item["methods"])
    return SetResult(**{**item, "fields": tuple(item["fields"]), "methods": methods})


def _parse_method(item: Mapping[str, Any]) -> MethodResult:
    parsed = {
        "own": Quality(**item["own"]),
        "best": Quality(**item["best"]),
        "spread": Spread(**item["spread"]),
        "groups": tuple(
            GroupRates(group["trait"], group["group"], Rate(**group["recall"]), Rate(**group["false_links"]))
            for group in item["groups"]
        ),
    }
    return MethodResult(**{**item, **parsed})
