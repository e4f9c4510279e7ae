"""Dates of birth: from what people and systems write to DDMMYYYY, keeping what is known.

Layer: crypto. Pure. Days come first, as in the UK, unless the year does. A part that is not known is written
00 (a year 0000), so the rest of the date still helps. Two-digit years are refused: a guess at the century
would make two people of one. What a system fills in for "no date" is absent, because a
date that thousands share would tie strangers together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crypto.encoding.fold import fold_text

PLAUSIBLE_YEARS = range(1800, 2200)  # of births and of mistyped ones; it also tells DDMMYYYY from YYYYMMDD
FILLER_DATES = frozenset({"01010001", "01011753", "01011800", "30121899", "31121899", "01011900", "31129999"})
"""Dates that databases and spreadsheets write for none, as DDMMYYYY."""
MONTHS = {
    "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6,
    "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}  # fmt: skip
LONGEST_MONTHS = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}

_DAY = r"(?P<day>\d{1,2}|[?X*-]{1,2})(?:ST|ND|RD|TH)?"
_MONTH = r"(?P<month>\d{1,2}|[?X*-]{1,2})"
_MONTH_NAME = r"(?P<month>[A-Z]{3,9})"
_YEAR = r"(?P<year>\d{4}|[?X*-]{4})"
_TIME = r"(?:[T ]\d.*)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}[-/. ]{_MONTH}[-/. ]{_DAY}{_TIME}",
        rf"{_DAY}[-/. ]{_MONTH}[-/. ]{_YEAR}{_TIME}",
        rf"{_DAY}[-/. ]?{_MONTH_NAME},?[-/. ]?{_YEAR}{_TIME}",
        rf"{_MONTH_NAME} {_DAY},? {_YEAR}{_TIME}",
        rf"{_YEAR}[-/. ]{_MONTH}",
        rf"{_MONTH}[-/. ]{_YEAR}",
        rf"{_MONTH_NAME}[-/. ]?{_YEAR}",
        rf"{_DAY}[-/]{_MONTH}",
        rf"{_YEAR}",
    )
)
_COMPACT = re.compile(r"\d{8}")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which each part is 0 where it is not known."""

    day: int
    month: int
    year: int

    @property
    def is_whole(self) -> bool:
        """Whether every part is known, so that it is a real day."""
        return bool(self.day and self.month and self.year)

    @property
    def text(self) -> str:
        """DDMMYYYY with 00 and 0000 for what is not known; empty when neither month nor year is."""
        return f"{self.day:02}{self.month:02}{self.year:04}" if self.month or self.year else ""


def parse_partial_date(value: str) -> PartialDate | None:
    """Return the parts of a date that a text gives, or None when it gives no possible date.

    Understood: 1990-02-01, 1990/2/1, 19900201, 01/02/1990, 1-2-1990, 1 Feb 1990, 1st February 1990,
    February 1, 1990, 01FEB1990, each with an optional time after it; 1990-02, 02/1990, Feb 1990, 1990 and
    01/02 without the rest; ?, X, * or 00 where a part is not known (??/02/1990, 1990-00-00).
    """
    text = value.strip().upper()
    if _COMPACT.fullmatch(text):
        return _read_compact(text)
    for form in _FORMS:
        if match := form.fullmatch(text):
            found = match.groupdict()
            return _check(*(_read_part(found.get(part)) for part in ("day", "month", "year")))
    return None


def parse_date_parts(value: str) -> date | None:
    """Return the day a text names, or None when it names no real day or not all of one."""
    parts = parse_partial_date(value)
    return date(parts.year, parts.month, parts.day) if parts and parts.is_whole else None


def is_impossible_date(value: str) -> bool:
    """Return whether a value is there but gives no possible date, not even a part of one."""
    return bool(fold_text(value)) and parse_partial_date(value) is None


def standardise_date(value: str) -> str:
    """Return DDMMYYYY for a real day, with zeros for parts not known; otherwise the digits that are there.

    A mistyped date still shares most digits with the right one, so it is encoded rather than
    dropped; whoever reads a file counts such values with :func:`is_impossible_date` and says so.
    """
    parts = parse_partial_date(value)
    text = parts.text if parts else _keep_digits(value)
    return "" if text in FILLER_DATES else text


def _read_part(text: str | None) -> int:
    """Return a part as a number, 0 when it is not given; a word that is no month is -1, which no date has."""
    if text is None or not text.isalnum() or set(text) == {"X"}:
        return 0
    return int(text) if text.isdigit() else MONTHS.get(text[:3], -1)


def _check(day: int, month: int, year: int) -> PartialDate | None:
    """Return the parts if such a date is possible."""
    if not 0 <= month <= 12 or not 0 <= day <= LONGEST_MONTHS.get(month, 31):
        return None
    if year and year not in PLAUSIBLE_YEARS:
        return None
    if day == 29 and month == 2 and year and not _is_leap(year):
        return None
    return PartialDate(day, month, year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _read_compact(text: str) -> PartialDate | None:
    """Return the parts of eight digits: a whole YYYYMMDD, else DDMMYYYY, else YYYYMMDD with unknown parts.

    No text is possible both as a whole YYYYMMDD and as DDMMYYYY within the plausible years, so what this
    module writes is read back as it was meant.
    """
    year_first = _check(int(text[6:]), int(text[4:6]), int(text[:4]))
    if year_first and year_first.is_whole:
        return year_first
    day_first = _check(int(text[:2]), int(text[2:4]), int(text[4:]))
    if day_first and (day_first.text or not year_first):
        return day_first
    return year_first


def _keep_digits(value: str) -> str:
    """Return an impossible date's digits in the order day, month, year; nothing if they read as a date."""
    words = [word.zfill(2) if word.isdigit() else word for word in fold_text(value).split()]
    text = "".join(_put_year_last(words))
    return "" if parse_partial_date(text) else text


def _put_year_last(words: Sequence[str]) -> Sequence[str]:
    if len(words) == 3 and len(words[0]) == 4:
        return words[::-1]
    if len(words) == 1 and _COMPACT.fullmatch(words[0]) and _starts_with_year(words[0]):
        return words[0][6:], words[0][4:6], words[0][:4]
    return words


def _starts_with_year(text: str) -> bool:
    return int(text[:4]) in PLAUSIBLE_YEARS and int(text[4:]) not in PLAUSIBLE_YEARS
