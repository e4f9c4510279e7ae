"""The columns of the one table, as text, for the terminal, the page and the document alike."""

from collections.abc import Sequence

from tests.quality.fairness import Gap, find_gap
from tests.quality.results import MethodResult, SetResult

HEADINGS = (
    "set",
    "method",
    "precision",
    "recall",
    "F1 own",
    "± (people)",
    "± (keys)",
    "F1 best",
    "ceiling",
    "origin gap",
    "sex gap",
    "seconds",
)
GROUP_HEADINGS = (
    "set",
    "method",
    "trait",
    "group",
    "true pairs",
    "recall",
    "95% interval",
    "records",
    "false links",
    "95% interval",
)
ABSENT = "-"

EXPLANATION = (
    "precision, recall and F1 own: at the method's own threshold, after its clustering. ± (people): "
    "standard error of F1 own over samples of people (bootstrap); ± (keys): its standard deviation over "
    "linkage keys. F1 best: at the best threshold in hindsight, which only truth can name. ceiling: the "
    "recall that perfect decisions over the pairs a method scored would reach. gap: recall of the best "
    "served group less that of the worst, ± its standard error, among groups of 50 people or more."
)


def list_rows(result: SetResult) -> list[tuple[str, ...]]:
    """Return one row of text for each method."""
    return [
        (
            result.name,
            method.method,
            f"{method.own.precision:.4f}",
            f"{method.own.recall:.4f}",
            f"{method.own.f1:.4f}",
            f"{method.spread.standard_error:.4f}",
            ABSENT if method.key_deviation is None else f"{method.key_deviation:.4f}",
            f"{method.best.f1:.4f}",
            f"{method.ceiling:.4f}",
            write_gap(find_gap(method.groups, "origin")),
            write_gap(find_gap(method.groups, "sex")),
            f"{method.seconds:.1f}",
        )
        for method in result.methods
    ]


def list_group_rows(result: SetResult, methods: Sequence[str] | None = None) -> list[tuple[str, ...]]:
    """Return one row for each group of each method, or of the methods named."""
    return [
        _write_group(result, method, number)
        for method in result.methods
        if methods is None or method.method in methods
        for number in range(len(method.groups))
    ]


def write_gap(gap: Gap | None) -> str:
    """Return a recall gap with its standard error, or that there is none to judge."""
    return ABSENT if gap is None else f"{gap.recall_gap:.3f} ± {gap.standard_error:.3f}"


def _write_group(result: SetResult, method: MethodResult, number: int) -> tuple[str, ...]:
    item = method.groups[number]
    recall, false = item.recall, item.false_links
    return (
        result.name,
        method.method,
        item.trait,
        item.group,
        f"{recall.total:,}",
        f"{recall.rate:.4f} ± {recall.standard_error:.4f}" if recall.total else ABSENT,
        f"{recall.low:.3f} to {recall.high:.3f}" if recall.total else ABSENT,
        f"{false.total:,}",
        f"{false.rate:.4f} ± {false.standard_error:.4f}",
        f"{false.low:.4f} to {false.high:.4f}",
    )
