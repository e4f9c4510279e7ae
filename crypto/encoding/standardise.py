"""Standardisation: the one place where values are brought to the form that is encoded.

Layer: crypto. Pure functions, text in and text out. An encoding compares n-grams, so a difference of
spelling convention (case, accents, "Mrs", 01/02/1990 against 1990-02-01) costs as much similarity as
a real difference; both sides must remove it in the same way. Every change here, in
:mod:`crypto.encoding.fold` or in :mod:`crypto.encoding.dates` changes encodings and therefore needs a new
:data:`STANDARDISATION_VERSION`, which the schema digest covers with the libraries behind it. An absent value
is the empty text, which sets no bits and salts nothing. Standardising twice changes nothing.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from crypto.encoding.dates import is_impossible_date, parse_date_parts, standardise_date
from crypto.encoding.fold import MISSING_WORDS, fold_text

__all__ = [
    "MISSING_WORDS", "SHAPING_LIBRARIES", "STANDARDISATION_VERSION", "STANDARDISERS", "fold_text",
    "is_impossible_date", "parse_date_parts", "standardise_code", "standardise_date", "standardise_email",
    "standardise_name", "standardise_phone", "standardise_postcode", "standardise_record", "standardise_sex",
    "standardise_surname", "standardise_value",
]  # fmt: skip

STANDARDISATION_VERSION = 2
SHAPING_LIBRARIES = ("anyascii", "ftfy")
"""Libraries whose version can change a standardised value."""

TITLES = frozenset(
    {
        "MR", "MRS", "MS", "MISS", "MX", "DR", "PROF", "PROFESSOR", "REV", "REVD", "REVEREND", "HON", "SIR",
        "DAME", "LORD", "LADY", "MASTER",
    }
)  # fmt: skip
SUFFIXES = frozenset({"JR", "JNR", "JUNIOR", "SR", "SNR", "SENIOR", "ESQ"})
"""Words after a name that are no part of it."""
JOINED_PREFIXES = frozenset({"O", "D", "MC", "MAC"})
"""Beginnings of surnames that some systems split off: O BRIEN, D SOUZA, MC DONALD."""
MIN_JOINED_LETTERS = 3  # before fewer letters it is an initial
SEXES = {
    "M": "M", "MALE": "M", "MAN": "M", "BOY": "M", "1": "M",
    "F": "F", "FEMALE": "F", "WOMAN": "F", "GIRL": "F", "2": "F",
    "X": "X", "OTHER": "X", "INDETERMINATE": "X", "9": "X",
}  # fmt: skip
"""Words and the NHS person-stated codes; whatever else is there is U, unknown, and encodes as absent."""

PSEUDO_POSTCODE = "ZZ99"  # NHS codes for no fixed abode, abroad and not known
NO_POSTCODES = frozenset({"NFA", "NOFIXEDABODE", "NOFIXEDADDRESS"})
_UNIT = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
_INWARD_SLIPS = str.maketrans("OIL", "011")
_INWARD_LENGTH = 3
_BRACKETED = re.compile(r"[(\[{][^)\]}]*[)\]}]?")


def standardise_name(value: str) -> str:
    """Return a folded name without leading titles, trailing suffixes and what stands in brackets.

    A name that is only a title, a suffix or in brackets stays: it may be a name.
    """
    words = (fold_text(_BRACKETED.sub(" ", value)) or fold_text(value)).split()
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    while len(words) > 1 and words[-1] in SUFFIXES:
        words = words[:-1]
    name = " ".join(words)
    return "" if name in MISSING_WORDS else name


def standardise_surname(value: str) -> str:
    """Return a standardised name whose split-off beginnings are joined: O BRIEN becomes OBRIEN."""
    words = standardise_name(value).split()
    joined: list[str] = []
    for word in reversed(words):
        if word in JOINED_PREFIXES and joined and len(joined[-1]) >= MIN_JOINED_LETTERS:
            joined[-1] = word + joined[-1]
        else:
            joined.append(word)
    return " ".join(reversed(joined))


def standardise_sex(value: str) -> str:
    """Return M, F or X, and nothing for unknown, so that two unknowns do not look alike."""
    return SEXES.get(fold_text(value), "")


def standardise_code(value: str) -> str:
    """Return letters and digits only: reference numbers."""
    return fold_text(value).replace(" ", "")


def standardise_postcode(value: str) -> str:
    """Return a postcode without spaces; codes that mean no address are absent.

    The first sign after the space is a digit in every UK postcode, so O, I and L there are read as
    digits. Codes of other countries stay as they are.
    """
    code = standardise_code(value)
    if code.startswith(PSEUDO_POSTCODE) or code in NO_POSTCODES:
        return ""
    start, inward = code[:-_INWARD_LENGTH], code[-_INWARD_LENGTH:]
    repaired = start + inward[:1].translate(_INWARD_SLIPS) + inward[1:]
    return repaired if _UNIT.fullmatch(repaired) else code


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
    "surname": standardise_surname,
    "full_name": standardise_name,
    "dob": standardise_date,
    "sex": standardise_sex,
    "postcode": standardise_postcode,
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
