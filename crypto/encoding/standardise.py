"""Standardisation: the one place where values are brought to the form that is encoded.

Layer: crypto. Pure functions, text in and text out. An encoding compares n-grams, so a difference of
spelling convention (case, accents, "Mrs", 01/02/1990 against 1990-02-01) costs as much similarity as
a real difference; both sides must remove it in the same way. Every change here changes encodings and
therefore needs a new :data:`STANDARDISATION_VERSION`, which the schema digest covers. An absent value
is the empty text, which sets no bits.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date

STANDARDISATION_VERSION = 2

MISSING_WORDS = frozenset({"NULL", "NONE", "N/A", "UNKNOWN", "NOT KNOWN"})
"""What systems write for nothing. NA and NAN are not among them: people are called Na and Nan."""
TITLES = frozenset(
    {"MR", "MRS", "MS", "MISS", "MX", "DR", "PROF", "REV", "SIR", "DAME", "LORD", "LADY", "MASTER"}
)
SEXES = {
    "M": "M", "MALE": "M", "MAN": "M", "BOY": "M", "1": "M",
    "F": "F", "FEMALE": "F", "WOMAN": "F", "GIRL": "F", "2": "F",
    "X": "X", "OTHER": "X", "INDETERMINATE": "X", "9": "X",
}  # fmt: skip
"""Words and the NHS person-stated codes; whatever else is there is U, unknown, and encodes as absent."""

MONTHS = {
    "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6,
    "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}  # fmt: skip

_LETTERS_WITHOUT_DECOMPOSITION = {
    "ß": "SS", "ẞ": "SS", "Æ": "AE", "æ": "AE", "Œ": "OE", "œ": "OE", "Ø": "O", "ø": "O", "Ð": "D", "ð": "D",
    "Þ": "TH", "þ": "TH", "Ł": "L", "ł": "L", "Đ": "D", "đ": "D", "ı": "I",
}  # fmt: skip
_FOLD_LETTERS = str.maketrans(_LETTERS_WITHOUT_DECOMPOSITION)
_APOSTROPHES = re.compile("['’‘ʼ`´]")
_NOT_WORD = re.compile(r"[^\w]+|_")
_DATE_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?:[T ].*)?")
_DATE_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2}|[A-Z]{3,9})[-/. ](\d{4})(?:[T ].*)?")
_DATE_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def fold_text(value: str) -> str:
    """Return upper-case text without accents, punctuation or repeated spaces.

    Compatibility forms are unfolded (NFKD) and letters such as Ø and Æ, which do not decompose,
    are written as their usual Latin spelling. Apostrophes vanish (O'Brien, OBrien); hyphens and other
    punctuation become spaces. Letters of other scripts stay.
    """
    text = unicodedata.normalize("NFKD", value.translate(_FOLD_LETTERS))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = _APOSTROPHES.sub("", text).upper()
    words = " ".join(_NOT_WORD.sub(" ", text).split())
    return "" if words in MISSING_WORDS or text.strip() in MISSING_WORDS else words


def standardise_name(value: str) -> str:
    """Return a folded name without leading titles; a name that is only a title stays."""
    words = fold_text(value).split()
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    return " ".join(words)


def parse_date_parts(value: str) -> date | None:
    """Return the day a text names, day first as in the UK, or None when it names no real day.

    Understood: 1990-02-01, 1990/2/1, 19900201, 01/02/1990, 1-2-1990, 1 Feb 1990, each with an optional
    time after it. Two-digit years are refused: a guess at the century would make two people of one.
    """
    text = value.strip().upper()
    if match := _DATE_YEAR_FIRST.fullmatch(text) or _DATE_COMPACT.fullmatch(text):
        year, month, day = match.group(1), match.group(2), match.group(3)
    elif match := _DATE_DAY_FIRST.fullmatch(text):
        day, month, year = match.group(1), match.group(2), match.group(3)
    else:
        return None
    try:
        return date(int(year), MONTHS[month[:3]] if month.isalpha() else int(month), int(day))
    except (ValueError, KeyError):
        return None


def standardise_date(value: str) -> str:
    """Return DDMMYYYY for a real day; otherwise the digits that are there.

    A mistyped date still shares most digits with the right one, so it is encoded rather than
    dropped; whoever reads a file counts such values with :func:`is_impossible_date` and says so.
    """
    day = parse_date_parts(value)
    if day is not None:
        return f"{day.day:02}{day.month:02}{day.year:04}"
    text = fold_text(value)
    digits = [part.zfill(2) if part.isdigit() else part for part in text.split()]
    if len(digits) == 3 and len(digits[0]) == 4:
        digits.reverse()
    elif len(digits) == 1 and len(digits[0]) == 8 and digits[0].isdigit():
        digits = [digits[0][6:], digits[0][4:6], digits[0][:4]]
    return "".join(digits)


def is_impossible_date(value: str) -> bool:
    """Return whether a value is there but names no real day."""
    return bool(fold_text(value)) and parse_date_parts(value) is None


def standardise_sex(value: str) -> str:
    """Return M, F or X, and nothing for unknown, so that two unknowns do not look alike."""
    return SEXES.get(fold_text(value), "")


def standardise_code(value: str) -> str:
    """Return letters and digits only: postcodes, reference numbers."""
    return fold_text(value).replace(" ", "")


def standardise_phone(value: str) -> str:
    """Return national digits: +44 7700 900123, 0044..., 07700900123 all become 7700900123."""
    digits = "".join(letter for letter in value if letter.isdecimal() and letter.isascii())
    if value.strip().startswith("+44") or digits.startswith("0044"):
        digits = digits.removeprefix("00").removeprefix("44")
    return digits.lstrip("0")


def standardise_email(value: str) -> str:
    """Return the address in upper case without spaces; its punctuation carries meaning and stays."""
    text = "".join(unicodedata.normalize("NFKC", value).upper().split())
    return "" if text in MISSING_WORDS else text


STANDARDISERS: Mapping[str, Callable[[str], str]] = {
    "forenames": standardise_name,
    "middle_name": standardise_name,
    "surname": standardise_name,
    "full_name": standardise_name,
    "dob": standardise_date,
    "sex": standardise_sex,
    "postcode": standardise_code,
    "phone": standardise_phone,
    "email": standardise_email,
    "pncid": standardise_code,
    "nhs_number": standardise_code,
    "national_id": standardise_code,
}
"""Field to function; every other field is text."""


def standardise_value(field: str, value: str) -> str:
    """Return the form of a field's value that is encoded; empty when the value is absent."""
    return STANDARDISERS.get(field, fold_text)(value)


def standardise_record(record: Mapping[str, str], fields: Sequence[str]) -> tuple[str, ...]:
    """Return a record's standardised values in the order of the schema's fields; absent ones are empty."""
    return tuple(standardise_value(field, record.get(field, "")) for field in fields)
