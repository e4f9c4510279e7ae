"""Linkage schemas, explanations and pre-checks as text for a terminal and as JSON values.

Layer: node, pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.markup import escape

from crypto.encoding.attributes import ATTRIBUTES, TOKENS
from crypto.encoding.explain import Explanation
from crypto.encoding.precheck import PreCheck, Severity
from crypto.encoding.schema import LinkageSchema
from crypto.encoding.view_schema import ViewsSpec

PRIVACY_PLAIN = (
    "a coordinator with a list of the population re-identifies every record: one unsalted encoding for each"
)
PRIVACY_SALTED = (
    "rows compare only inside near-unique blocks and are not tied to each other; a coordinator learns sizes "
    "of blocks and which rows are resolved; one that colludes with a member can try a dictionary"
)
PRIVACY_WIDE = (
    "as uk-police, and one diffused unsalted row for each record besides: a coordinator that knows some "
    "hundred records may re-identify a few in a thousand others"
)
LABEL_WIDTH = 22
STYLES = {Severity.STOP: "bold red", Severity.WARN: "yellow"}
_KEYS = ("identifier", "name")


def describe_privacy(schema: LinkageSchema) -> str:
    """Return in one sentence what a schema costs in privacy; docs/privacy.md has the measurements."""
    if schema.views is None:
        return PRIVACY_PLAIN
    return PRIVACY_WIDE if schema.views.wide else PRIVACY_SALTED


def schema_to_json(schema: LinkageSchema) -> dict[str, Any]:
    """Return what describes a schema to programs."""
    return {
        "digest": schema.digest,
        "standardised": schema.is_standardised,
        "fields": list(schema.encoded_fields),
        "clk_length_bits": schema.clk_length_bits,
        "views": None if schema.views is None else asdict(schema.views),
        "layout": [asdict(view) for view in schema.layout],
        "privacy": describe_privacy(schema),
    }


def _line(label: str, text: str) -> str:
    return f"  {label:<{LABEL_WIDTH}}  {text}"


def describe_schema(name: str, schema: LinkageSchema) -> str:
    """Return a schema as marked-up lines: what it encodes, its views, what it costs."""
    values = "standardised" if schema.is_standardised else "as they stand (compatibility mode)"
    lines = [
        f"[bold]{escape(name)}[/]",
        _line("digest", schema.digest),
        _line("fields", escape(", ".join(schema.encoded_fields))),
        _line("values", values),
        _line("privacy", describe_privacy(schema)),
    ]
    if schema.views is not None:
        return "\n".join([*lines, *_describe_views(schema.views, schema.clk_length_bits)])
    length = f"{schema.clk_length_bits:,} bits"
    return "\n".join([*lines, _line("encoding", f"one of {length} for each record, compared with all")])


def _describe_views(views: ViewsSpec, clk_length_bits: int) -> Iterator[str]:
    padding, resolution = views.padding, views.resolution
    yield _line(
        "blocks", f"persons of one member in a block, at most: {views.block_cap}; a fuller block is left out"
    )
    yield _line("padding", f"{padding.dummy_share:.0%} dummies, then up to a multiple of {padding.multiple}")
    yield _line(
        "resolution",
        f"of rows with a Dice similarity of {resolution.bar:g} or more, "
        f"for at most {resolution.max_share:.0%} of a member's records",
    )
    yield f"[bold]Rows[/] of {views.bits} bits, {views.ones} of them set in every one"
    for part in views.comparisons:
        yield _line(part.name, f"{part.bits} bits, {part.ones} set: {TOKENS[part.tokens].meaning}")
    yield f"[bold]Views[/], {len(views.salted)}, each salted by"
    for view in views.salted:
        yield _line(view.name, "; ".join(ATTRIBUTES[name].meaning for name in view.salt))
    if views.wide:
        fold = f"{views.wide.bits_per_field} bits a field, diffused {views.wide.diffusion} to 1"
        yield _line("wide", f"nothing: {clk_length_bits:,} bits, {fold}, bar {views.wide.bar:g}")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two schemas differ: its path, and what stands there in each; None for nothing."""

    path: str
    left: Any
    right: Any


def find_differences(left: Any, right: Any, path: str = "$") -> Iterator[Difference]:
    """Yield every place where two JSON values differ; items of lists are matched by their name."""
    left, right = _by_name(left), _by_name(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in dict.fromkeys([*left, *right]):
            yield from find_differences(
                left.get(key), right.get(key), f"{path}{key if key[0] == '[' else '.' + key}"
            )
        if list(left) != list(right) and set(left) == set(right) and any(key[0] == "[" for key in left):
            yield Difference(f"{path} (order)", ", ".join(left), ", ".join(right))
    elif left != right:
        yield Difference(path, left, right)


def _by_name(value: Any) -> Any:
    """Return a list of named objects as a mapping by name, anything else as it is."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        return value
    for key in _KEYS:
        if value and all(key in item for item in value):
            return {f"[{item[key]}]": item for item in value}
    return value


def describe_difference(difference: Difference) -> str:
    """Return a difference as one marked-up line."""
    return escape(f"{difference.path}: {_say(difference.left)} -> {_say(difference.right)}")


def _say(value: Any) -> str:
    return "nothing" if value is None else str(value)


def describe_explanation(explanation: Explanation) -> str:
    """Return what a record becomes, as marked-up lines."""
    lines = ["[bold]Standardised[/]"]
    lines += [_line(field, escape(value) or "-") for field, value in explanation.values.items()]
    if not explanation.views:
        return "\n".join([*lines, "This schema has no views: the record takes part with what it has."])
    lines += ["[bold]Attributes[/]"]
    lines += [_line(name, escape(value) or "-") for name, value in explanation.attributes.items()]
    count = sum(view.takes_part for view in explanation.views)
    lines += [f"[bold]Views[/] (takes part in {count} of {len(explanation.views)})"]
    for view in explanation.views:
        lines.append(_line(view.name, "yes" if view.takes_part else f"no: {escape(view.reason)}"))
    return "\n".join(lines)


def describe_precheck(check: PreCheck) -> str:
    """Return the outcome of a pre-check as marked-up lines, worst finding first."""
    lines = [f"{check.records:,} people would take part."]
    for field in check.fields:
        gaps = f"missing {field.missing:.1%}, distinct {field.distinct:.1%}"
        lines.append(
            _line(field.field, f"{gaps}, {field.entropy_bits:.1f} bits, commonest {field.commonest:,}")
        )
    for view in check.views:
        share = f"{view.coverage:.1%} have its salt, {view.singletons:.1%} of them alone"
        lines.append(_line(view.view, f"{share}, {view.over_cap:.1%} over the cap"))
    for finding in check.findings:
        lines.append(f"[{STYLES[finding.severity]}]{finding.severity}[/]  {escape(finding.message)}")
    verdict = "must not be submitted before this is mended" if check.is_stopped else "can be submitted"
    return "\n".join([*lines, f"[bold]Verdict:[/] these records {verdict}."])


def precheck_to_json(check: PreCheck) -> dict[str, Any]:
    """Return the outcome of a pre-check for programs."""
    return {**asdict(check), "is_stopped": check.is_stopped}
