"""The ``views`` section of a linkage schema: how records are salted, compared, capped and padded.

Layer: crypto. Parsing and checking only; rows are made by :mod:`crypto.encoding.views`. A view names the
attributes that salt it: their values key its rows, so rows compare only inside a block of equal salt, and a
coordinator cannot rank many records by similarity to one. The limits here keep a careless schema from
taking that away: unknown keys, attributes and tokens are refused, dense rows and large blocks are refused.
Every error names the JSON path and what was expected there.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crypto.encoding.attributes import ATTRIBUTES, TOKENS
from crypto.errors import InputError

WORD_BITS = 64  # rows are whole 64-bit words
MAX_ROW_BITS = 4096
MAX_COMPARISONS = 16
MAX_SALTED_VIEWS = 32  # each view is one more row per person at the coordinator
MAX_SALT_ATTRIBUTES = 6
MAX_BLOCK_CAP = 16  # inside a block of 25 known records 92% are re-identified by rank (DESIGN 7)
MAX_DUMMY_SHARE = 0.5  # more dummies than half the records is all cost
MAX_PADDING_MULTIPLE = 65_536
MAX_BITS_PER_FIELD = 512
MAX_DIFFUSION = 64  # bits that one bit is the exclusive-or of
RECORD_VIEW = "record"
WIDE_VIEW = "wide"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One part of every row: which tokens set bits in it, how wide it is, how many bits are set in it."""

    name: str
    tokens: str
    bits: int
    ones: int


@dataclass(frozen=True, slots=True)
class SaltedView:
    """A view and the attributes whose values are its salt."""

    name: str
    salt: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Padding:
    """How many dummy records hide a member's true count: a share of the records, then up to a multiple."""

    dummy_share: float
    multiple: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """From which similarity rows may be resolved, and the share of its records a member resolves at most."""

    bar: float
    max_share: float


@dataclass(frozen=True, slots=True)
class WideView:
    """The view without salt: bits that each field sets, bits that one bit is folded from, its own bar."""

    bits_per_field: int
    diffusion: int
    bar: float


@dataclass(frozen=True, slots=True)
class ViewLayout:
    """What the wire and the coordinator need to know of a view, and no more.

    Attributes:
        name: The view's name; ``record`` for a schema without views.
        encoding_bytes: Length of an encoding.
        has_blocks: Whether rows carry block tokens and compare only inside a block.
        bar: Dice similarity from which a pair of rows may be resolved; 0 where nothing needs resolving.
    """

    name: str
    encoding_bytes: int
    has_blocks: bool
    bar: float


@dataclass(frozen=True, slots=True)
class ViewsSpec:
    """The whole ``views`` section, checked."""

    comparisons: tuple[Comparison, ...]
    salted: tuple[SaltedView, ...]
    block_cap: int
    padding: Padding
    resolution: Resolution
    wide: WideView | None

    @property
    def bits(self) -> int:
        """Length of a salted row in bits: its comparisons side by side, up to a whole word."""
        return -(-sum(comparison.bits for comparison in self.comparisons) // WORD_BITS) * WORD_BITS

    @property
    def ones(self) -> int:
        """Bits set in every salted row, whoever it is about."""
        return sum(comparison.ones for comparison in self.comparisons)

    def get_layout(self, clk_length_bits: int) -> tuple[ViewLayout, ...]:
        """Return every view's layout in order; the wide one, whose rows are as long as a CLK, comes last."""
        salted = [ViewLayout(view.name, self.bits // 8, True, self.resolution.bar) for view in self.salted]
        wide = [ViewLayout(WIDE_VIEW, clk_length_bits // 8, False, self.wide.bar)] if self.wide else []
        return (*salted, *wide)


def parse_views(section: object, fields: Collection[str]) -> ViewsSpec:
    """Parse and check the ``views`` section of a linkage schema.

    Args:
        section: Untrusted JSON value found at ``$.views``.
        fields: Fields that the schema encodes; attributes and tokens may read no other.

    Raises:
        InputError: Anything is missing, unknown, repeated or out of range; the message names the path.
    """
    keys = ("comparisons", "salted", "blockCap", "padding", "resolution")
    body = _take_object(section, "$.views", keys, optional=("wide",))
    return ViewsSpec(
        comparisons=_parse_comparisons(body["comparisons"], fields),
        salted=_parse_salted(body["salted"], fields),
        block_cap=_take_int(body["blockCap"], "$.views.blockCap", 1, MAX_BLOCK_CAP),
        padding=_parse_padding(body["padding"]),
        resolution=_parse_resolution(body["resolution"]),
        wide=_parse_wide(body["wide"]) if "wide" in body else None,
    )


def keep_views(body: dict[str, Any], fields: Collection[str]) -> None:
    """Take out of a checked ``views`` section what reads other fields than these.

    Raises:
        InputError: No view or no comparison is left.
    """
    body["comparisons"] = [
        item for item in body["comparisons"] if set(TOKENS[item["tokens"]].fields) <= set(fields)
    ]
    body["salted"] = [
        item
        for item in body["salted"]
        if all(set(ATTRIBUTES[name].fields) <= set(fields) for name in item["salt"])
    ]
    if not body["comparisons"] or not body["salted"]:
        raise InputError(
            "expected fields that views can be salted by, such as forenames, surname and dob, "
            f"got {', '.join(sorted(fields))}; use schema plain"
        )


def _parse_comparisons(section: object, fields: Collection[str]) -> tuple[Comparison, ...]:
    path = "$.views.comparisons"
    items = _take_list(section, path, MAX_COMPARISONS)
    comparisons = tuple(_parse_comparison(item, f"{path}[{at}]", fields) for at, item in enumerate(items))
    _check_distinct([comparison.name for comparison in comparisons], path)
    bits = sum(comparison.bits for comparison in comparisons)
    if bits > MAX_ROW_BITS:
        raise InputError(
            f"linkage schema {path}: expected bits that add up to at most {MAX_ROW_BITS}, got {bits}"
        )
    return comparisons


def _parse_comparison(item: object, path: str, fields: Collection[str]) -> Comparison:
    body = _take_object(item, path, ("name", "tokens", "bits", "ones"))
    kind = _take_choice(body["tokens"], f"{path}.tokens", TOKENS)
    _check_fields(TOKENS[kind].fields, fields, f"{path}.tokens")
    bits = _take_int(body["bits"], f"{path}.bits", 8, MAX_ROW_BITS)
    ones = _take_int(body["ones"], f"{path}.ones", 1, bits // 2)
    return Comparison(_take_name(body["name"], f"{path}.name"), kind, bits, ones)


def _parse_salted(section: object, fields: Collection[str]) -> tuple[SaltedView, ...]:
    path = "$.views.salted"
    items = _take_list(section, path, MAX_SALTED_VIEWS)
    views = tuple(_parse_salted_view(item, f"{path}[{at}]", fields) for at, item in enumerate(items))
    _check_distinct([view.name for view in views], path)
    _check_distinct([frozenset(view.salt) for view in views], path, "salt")
    return views


def _parse_salted_view(item: object, path: str, fields: Collection[str]) -> SaltedView:
    body = _take_object(item, path, ("name", "salt"))
    name = _take_name(body["name"], f"{path}.name")
    if name in (RECORD_VIEW, WIDE_VIEW):
        raise InputError(
            f"linkage schema {path}.name: expected another name than {name!r}: views without salt have it"
        )
    parts = _take_list(body["salt"], f"{path}.salt", MAX_SALT_ATTRIBUTES)
    salt = tuple(_take_choice(part, f"{path}.salt[{at}]", ATTRIBUTES) for at, part in enumerate(parts))
    for at, attribute in enumerate(salt):
        _check_fields(ATTRIBUTES[attribute].fields, fields, f"{path}.salt[{at}]")
    _check_distinct(salt, f"{path}.salt", "attribute")
    return SaltedView(name, salt)


def _parse_padding(section: object) -> Padding:
    path = "$.views.padding"
    body = _take_object(section, path, ("dummyShare", "multiple"))
    return Padding(
        _take_share(body["dummyShare"], f"{path}.dummyShare", MAX_DUMMY_SHARE),
        _take_int(body["multiple"], f"{path}.multiple", 1, MAX_PADDING_MULTIPLE),
    )


def _parse_resolution(section: object) -> Resolution:
    path = "$.views.resolution"
    body = _take_object(section, path, ("bar", "maxShare"))
    return Resolution(
        _take_share(body["bar"], f"{path}.bar", 1.0), _take_share(body["maxShare"], f"{path}.maxShare", 1.0)
    )


def _parse_wide(section: object) -> WideView:
    path = "$.views.wide"
    body = _take_object(section, path, ("bitsPerField", "diffusion", "bar"))
    return WideView(
        _take_int(body["bitsPerField"], f"{path}.bitsPerField", 1, MAX_BITS_PER_FIELD),
        _take_int(body["diffusion"], f"{path}.diffusion", 1, MAX_DIFFUSION),
        _take_share(body["bar"], f"{path}.bar", 1.0),
    )


def _take_object(
    value: object, path: str, keys: Sequence[str], *, optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"linkage schema {path}: expected an object, got {_say_type(value)}")
    missing = [key for key in keys if key not in value]
    unknown = sorted(set(value) - {*keys, *optional})
    if missing or unknown:
        faults = [f"{key} is missing" for key in missing] + [f"{key} is unknown" for key in unknown]
        known = ", ".join((*keys, *(f"{key} (optional)" for key in optional)))
        raise InputError(f"linkage schema {path}: expected the keys {known}; {'; '.join(faults)}")
    return value


def _take_list(value: object, path: str, most: int) -> Sequence[object]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= most:
        got = f"{len(value)}" if isinstance(value, list | tuple) else _say_type(value)
        raise InputError(f"linkage schema {path}: expected a list of 1 to {most}, got {got}")
    return value


def _take_int(value: object, path: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(
            f"linkage schema {path}: expected a whole number from {least} to {most}, got {_say(value)}"
        )
    return value


def _take_share(value: object, path: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise InputError(f"linkage schema {path}: expected a number from 0 to {most:g}, got {_say(value)}")
    return float(value)


def _take_name(value: object, path: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InputError(
            f"linkage schema {path}: expected 1 to 32 lower-case letters, digits and hyphens, "
            f"a letter first, got {_say(value)}"
        )
    return value


def _take_choice(value: object, path: str, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise InputError(f"linkage schema {path}: expected one of {', '.join(known)}, got {_say(value)}")
    return value


def _check_fields(needed: Collection[str], fields: Collection[str], path: str) -> None:
    missing = [field for field in needed if field not in fields]
    if missing:
        raise InputError(
            f"linkage schema {path}: expected {', '.join(missing)} among the encoded fields of $.features, "
            f"got {', '.join(sorted(fields))}"
        )


def _check_distinct(values: Sequence[object], path: str, what: str = "name") -> None:
    if len(set(values)) != len(values):
        raise InputError(f"linkage schema {path}: expected each {what} once, got a repeated one")


def _say(value: object) -> str:
    return repr(value)[:60] if isinstance(value, str | int | float) else _say_type(value)


def _say_type(value: object) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "null"}.get(type(value), "a number")
