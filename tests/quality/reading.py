"""Say in plain English what the numbers mean, from the numbers alone.

Each finding is one comparison with one of the project's goals, so that good and bad news are written by
the same rule. Differences are judged as measured; the table beside them shows their uncertainty.
"""

from dataclasses import dataclass

from tests.quality.compare import ANONLINK, CLEW, PLAIN, SPLINK_SAME, SPLINK_USUAL
from tests.quality.fairness import MAX_FALSE_LINK_RATIO, MAX_RECALL_GAP, Gap, find_gap
from tests.quality.results import MethodResult, Report, SetResult

MAX_OWN_LOSS = 0.03  # F1 that the own threshold may lose against the best in hindsight
MAX_BEHIND_SPLINK = 0.005  # best F1 against plaintext Splink over the same candidate pairs


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence and whether it is good news."""

    is_good: bool
    text: str


def read_report(report: Report) -> list[Finding]:
    """Return every finding, set by set."""
    return [finding for result in report.sets for finding in read_set(result)]


def read_set(result: SetResult) -> list[Finding]:
    """Return the findings of one set."""
    methods = {method.method: method for method in result.methods}
    ours = methods[CLEW]
    findings = [_read_own_threshold(result.name, ours)]
    if PLAIN in methods:
        findings.append(_read_plain(result.name, ours, methods[PLAIN]))
    if SPLINK_SAME in methods:
        findings.append(_read_same_pairs(result.name, ours, methods[SPLINK_SAME]))
    if SPLINK_USUAL in methods:
        findings.append(_read_usual(result.name, ours, methods[SPLINK_USUAL]))
    if ANONLINK in methods:
        findings.append(_read_anonlink(result.name, ours, methods[ANONLINK]))
    for trait in dict.fromkeys(item.trait for item in ours.groups):
        if gap := find_gap(ours.groups, trait):
            findings.append(_read_gap(result.name, gap))
    return findings


def _read_own_threshold(name: str, ours: MethodResult) -> Finding:
    loss = ours.best.f1 - ours.own.f1
    return Finding(
        loss <= MAX_OWN_LOSS,
        f"{name}: at its own threshold Clew reaches F1 {ours.own.f1:.4f}; the best threshold in hindsight "
        f"would give {ours.best.f1:.4f}, a loss of {loss:.4f} (goal: at most {MAX_OWN_LOSS}).",
    )


def _read_plain(name: str, ours: MethodResult, plain: MethodResult) -> Finding:
    behind = plain.best.f1 - ours.best.f1
    return Finding(
        behind <= 0,
        f"{name}: plain encodings reach {plain.best.f1:.4f} at best, salted views {ours.best.f1:.4f} with a "
        f"recall ceiling of {ours.ceiling:.4f}: {_compare(behind)} (goal: not behind).",
    )


def _read_same_pairs(name: str, ours: MethodResult, theirs: MethodResult) -> Finding:
    behind = theirs.best.f1 - ours.best.f1
    return Finding(
        behind <= MAX_BEHIND_SPLINK,
        f"{name}: over the same candidate pairs plaintext Splink reaches {theirs.best.f1:.4f} at best, Clew "
        f"{ours.best.f1:.4f} ± {ours.spread.standard_error:.4f}: {_compare(behind)} (goal: at most "
        f"{MAX_BEHIND_SPLINK} behind).",
    )


def _read_usual(name: str, ours: MethodResult, theirs: MethodResult) -> Finding:
    behind = theirs.best.f1 - ours.best.f1
    return Finding(
        behind <= 0,
        f"{name}: with its usual blocking Splink reaches {theirs.best.f1:.4f} at best "
        f"({theirs.own.f1:.4f} at probability 0.5): Clew is {_compare(behind)} (goal: not behind).",
    )


def _read_anonlink(name: str, ours: MethodResult, theirs: MethodResult) -> Finding:
    behind = theirs.own.f1 - ours.own.f1
    return Finding(
        behind <= 0,
        f"{name}: clkhash and anonlink with the schema and threshold of their tutorials reach "
        f"{theirs.own.f1:.4f} ({theirs.best.f1:.4f} at best): Clew's own threshold is {_compare(behind)}.",
    )


def _read_gap(name: str, gap: Gap) -> Finding:
    best, worst = gap.best, gap.worst
    chance = ", which chance alone could give" if gap.is_within_chance else ""
    false = f"{gap.least_false.false_links.rate:.4f} ({gap.least_false.group}) to "
    false += f"{gap.most_false.false_links.rate:.4f} ({gap.most_false.group})"
    if gap.false_link_ratio is not None:
        false += f", {gap.false_link_ratio:.1f} times"
    return Finding(
        gap.is_within_goal,
        f"{name}: by {gap.trait}, recall is highest for {best.group} ({best.recall.rate:.3f}) and lowest for "
        f"{worst.group} ({worst.recall.rate:.3f}): {gap.recall_gap:.3f} ± {gap.standard_error:.3f} apart"
        f"{chance} (goal: at most {MAX_RECALL_GAP}); false links go from {false} "
        f"(goal: at most {MAX_FALSE_LINK_RATIO:.0f} times).",
    )


def _compare(behind: float) -> str:
    if abs(behind) < 5e-5:
        return "level"
    return f"{abs(behind):.4f} {'behind' if behind > 0 else 'ahead'}"
