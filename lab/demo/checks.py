"""What the demo's outcome is held to: planted truth against what members' nodes really learnt.

Layer: lab, pure. Each check is a sentence a chief officer understands, whether it held, and the figures
behind it. The lab alone may join two members' matches: only it knows both sides' records.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEAST_RECALL = 0.95  # DOMAIN F08
LEAST_PRECISION = 0.98  # DOMAIN F08
FEDERATED_TOLERANCE = 2.4  # DOMAIN F09: quantised summaries against exact events
EXACT_TOLERANCE = 0.05  # one decimal
Z_95 = 1.959964  # standard normal quantile of a two-sided 95% interval

Record = tuple[str, str]  # member, nominal id


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold."""

    claim: str
    held: bool
    figures: str


@dataclass(frozen=True, slots=True)
class FoundPair:
    """One match as both its members see it, joined by the lab over its handle."""

    match_ref: str
    sides: tuple[frozenset[Record], frozenset[Record]]
    probability: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a count, with the 95% interval of what it would be over many such demos.

    Source: Wilson (1927), the score interval.
    """

    hits: int
    total: int

    @property
    def value(self) -> float:
        """The share itself; of nothing it is 1."""
        return self.hits / self.total if self.total else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end."""
        if not self.total:
            return 0.0, 1.0
        z2 = Z_95**2
        middle = (self.hits + z2 / 2) / (self.total + z2)
        half = Z_95 * math.sqrt(self.total * self.value * (1 - self.value) + z2 / 4) / (self.total + z2)
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def text(self) -> str:
        """The share and its interval in words."""
        low, high = self.interval
        return f"{self.value:.1%} ({low:.1%} to {high:.1%})"


@dataclass(frozen=True, slots=True)
class Quality:
    """Linkage against planted truth, over pairs of records held by two different forces."""

    recall: Share
    precision: Share


def join_matches(matches: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[FoundPair, ...]:
    """Return the pairs that both of their members learnt of.

    Args:
        matches: For each member the matches that ``clew-node matches --json`` printed.
    """
    sides: dict[str, list[frozenset[Record]]] = {}
    probability: dict[str, float] = {}
    for member, own in matches.items():
        for match in own:
            records = frozenset((member, nominal) for nominal in match["nominal_ids"])
            sides.setdefault(match["match_ref"], []).append(records)
            probability[match["match_ref"]] = match["probability"]["value"]
    return tuple(
        FoundPair(ref, (found[0], found[1]), probability[ref])
        for ref, found in sides.items()
        if len(found) == 2
    )


def measure_linkage(
    found: Iterable[FoundPair],
    truth: Collection[frozenset[Record]],
    *,
    forces: Collection[str],
    apart: Collection[Record] = (),
) -> Quality:
    """Return recall and precision over pairs of records held by two different forces.

    Args:
        found: Pairs that nodes learnt of.
        truth: Pairs of records that are one person.
        forces: Members to count.
        apart: Planted records of a known limit, which is shown by itself and not counted here.
    """
    wanted = {pair for pair in truth if all(member in forces for member, _ in pair)}
    pairs = [
        pair
        for pair in found
        if all(
            member in forces and (member, nominal) not in apart
            for side in pair.sides
            for member, nominal in side
        )
    ]
    hits = {frozenset((a, b)) for p in pairs for a in p.sides[0] for b in p.sides[1]} & wanted
    right = sum(any(frozenset((a, b)) in wanted for a in p.sides[0] for b in p.sides[1]) for p in pairs)
    return Quality(recall=Share(len(hits), len(wanted)), precision=Share(right, len(pairs)))


def check_quality(quality: Quality) -> Check:
    """Hold the linkage to DOMAIN F08: neither figure may lie below its goal beyond chance."""
    return Check(
        "People known to two forces are found, and strangers are not joined",
        quality.recall.interval[1] >= LEAST_RECALL and quality.precision.interval[1] >= LEAST_PRECISION,
        f"recall {quality.recall.text} of {quality.recall.total} pairs; precision {quality.precision.text}; "
        f"goals {LEAST_RECALL:.0%} and {LEAST_PRECISION:.0%}",
    )


def find_links(found: Iterable[FoundPair], records: Collection[Record]) -> list[FoundPair]:
    """Return the pairs with both sides among the given records."""
    wanted = set(records)
    return [pair for pair in found if pair.sides[0] & wanted and pair.sides[1] & wanted]


def check_apart(stories: Sequence[Mapping[str, Any]], found: Sequence[FoundPair]) -> Check:
    """Look-alikes must not be joined."""
    joined, pairs = [], 0
    for story in stories:
        for left, right in story["different"]:
            pairs += 1
            records = [_record(story, left), _record(story, right)]
            joined += [story["label"]] * bool(find_links(found, records))
    return Check(
        "Look-alikes stay apart: twins in two homes, father and son of one name, namesakes",
        not joined,
        f"{pairs - len(joined)} of {pairs} pairs kept apart"
        + "".join(f"; joined: {label}" for label in joined),
    )


def check_score(claim: str, got: float, expected: float, tolerance: float) -> Check:
    """A score must come out as the domain's worked example says."""
    return Check(
        claim, abs(got - expected) <= tolerance, f"{got:.1f}, expected {expected:.1f} ± {tolerance:g}"
    )


def story_records(story: Mapping[str, Any]) -> set[Record]:
    """Return the suspect records of a story."""
    return {(member, nominal) for member, nominals in story["records"].items() for nominal in nominals}


def find_match(
    matches: Sequence[Mapping[str, Any]], nominal_ids: Collection[str], *, counterpart: str | None = None
) -> Mapping[str, Any] | None:
    """Return a member's match about one of its records, with a given counterpart if one is named."""
    for match in matches:
        if set(match["nominal_ids"]) & set(nominal_ids) and counterpart in (None, match["counterpart"]):
            return match
    return None


def _record(story: Mapping[str, Any], key: str) -> Record:
    place = story["by_key"][key]
    return place["member"], place["nominal_id"]
