"""Cells to values: each parser returns the value or raises :class:`BadCell` with the expected form.

Layer: node.ingest, pure. Nothing is guessed and nothing is repaired: a date in another order or a code
in another spelling is a fault at the source, because a silent repair here would differ from another
member's.
"""

import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

EARLIEST_BIRTH = date(1900, 1, 1)
EARLIEST_EVENT = date(1950, 1, 1)  # older records are not on any force's system; a slip of the century is
MAX_OUTCOME_CODE = 22

CellParser = Callable[[str], Any]
Choice = TypeVar("Choice", bound=StrEnum)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_DETAIL_CODE = re.compile(r"\d{3}/\d{2}")
_FLAGS = {"true": True, "false": False}


class BadCell(Exception):  # noqa: N818 - an outcome of parsing one cell, never seen outside this package
    """A cell that is not of its form; the message is the rule, never the value."""


def parse_text(longest: int, *, required: bool) -> CellParser:
    """Return a parser of printable text without surrounding spaces."""

    def parse(cell: str) -> str:
        value = cell.strip()
        if required and not value:
            raise BadCell("expected a value, got an empty cell")
        if len(value) > longest or not value.isprintable():
            raise BadCell(f"expected at most {longest} printable characters")
        return value

    return parse


def parse_one_of(choices: Collection[str], *, required: bool) -> CellParser:
    """Return a parser of a closed list of words."""

    def parse(cell: str) -> str:
        if not cell and not required:
            return ""
        if cell not in choices:
            raise BadCell(f"expected one of {', '.join(sorted(choices))}")
        return cell

    return parse


def parse_choice(kind: type[Choice]) -> CellParser:
    """Return a parser of an enumeration that must be given."""
    parse = parse_one_of([choice.value for choice in kind], required=True)
    return lambda cell: kind(parse(cell))


def parse_optional_choice(kind: type[Choice]) -> CellParser:
    """Return a parser of an enumeration that may be empty, which gives None."""
    parse = parse_choice(kind)
    return lambda cell: parse(cell) if cell else None


def parse_flag(cell: str) -> bool:
    """Parse ``true`` or ``false``."""
    if cell not in _FLAGS:
        raise BadCell("expected true or false")
    return _FLAGS[cell]


def parse_birth(today: date) -> CellParser:
    """Return a parser of a date of birth, empty when unknown, which gives None."""

    def parse(cell: str) -> date | None:
        return _parse_day(cell, EARLIEST_BIRTH, today) if cell else None

    return parse


def parse_day(today: date) -> CellParser:
    """Return a parser of the day of an event, not after today."""
    return lambda cell: _parse_day(cell, EARLIEST_EVENT, today)


def parse_moment(today: date) -> CellParser:
    """Return a parser of an event's UTC time; a date alone means midnight."""

    def parse(cell: str) -> datetime:
        if _DATE.fullmatch(cell):
            return datetime.combine(_parse_day(cell, EARLIEST_EVENT, today), time(), UTC)
        form = "expected a UTC time as YYYY-MM-DDTHH:MM:SSZ that exists"
        if not _TIME.fullmatch(cell):
            raise BadCell(form)
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError as error:
            raise BadCell(form) from error
        _parse_day(cell[:10], EARLIEST_EVENT, today)
        return moment

    return parse


def parse_outcome(cell: str) -> int | None:
    """Parse a Home Office outcome 1 to 22; empty while undecided, which gives None."""
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit() and 1 <= int(cell[:4]) <= MAX_OUTCOME_CODE):
        raise BadCell(f"expected a Home Office outcome from 1 to {MAX_OUTCOME_CODE}, or nothing")
    return int(cell)


def parse_detail_code(cell: str) -> str:
    """Parse a detailed Home Office code, or nothing."""
    if cell and not _DETAIL_CODE.fullmatch(cell):
        raise BadCell("expected a detailed Home Office code as NNN/NN, or nothing")
    return cell


def _parse_day(cell: str, earliest: date, latest: date) -> date:
    try:
        day = date.fromisoformat(cell) if _DATE.fullmatch(cell) else None
    except ValueError:
        day = None  # not chained: the library's message quotes the value
    if day is None:
        raise BadCell("expected a date as YYYY-MM-DD that exists")
    if not earliest <= day <= latest:
        raise BadCell(f"expected a date from {earliest.isoformat()} to today")
    return day
