"""Attributes and tokens: what views salt by and what they compare, derived from standardised values.

Layer: crypto. Pure. An *attribute* is one short text drawn from a person's standardised values; equal salts
put two records into one block, so an attribute is empty rather than vague: a date that was made up, a
postcode of which only the district is known, are no salts. *Tokens* are the set that two rows of a block are
compared by. Both tables are closed: a schema that names anything else is refused. Any change of what a
function returns changes rows and needs a new :data:`ATTRIBUTES_VERSION`, which the schema digest covers.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crypto.encoding.sounds import get_skeleton, get_soundex

ATTRIBUTES_VERSION = 1
Values = Mapping[str, str]
"""A person's standardised values by field; a field that is not there is absent like an empty one."""

NAME_FIELDS = ("forenames", "surname")
IMPUTED_DAY = "0101"  # 1 January is what systems write when only the year is known
UNKNOWN = "00"  # what standardisation writes for a day or month that is not known; a year is 0000
JOINT = "|"  # standardised values are letters and digits, so parts cannot run into each other
START_LETTERS = 3
MIN_POSTCODE_LENGTH = 3  # codes of other countries are shorter; less than this is a slip
DISTRICT_LENGTH = 3  # of codes of other countries
INWARD_LENGTH = 3  # the part of a UK postcode after the space
MIN_UNIT_LENGTH = 5  # W1 1AA without its space is the shortest kind of whole postcode
_DATE = re.compile(r"\d{8}")
_OUTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something about a person that a view can be salted by.

    Attributes:
        name: As linkage schemas name it.
        fields: The standardised fields it reads.
        derive: Values to the attribute's text; empty means absent, and then it salts nothing.
        meaning: One phrase for people who read a schema.
    """

    name: str
    fields: tuple[str, ...]
    derive: Callable[[Values], str]
    meaning: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """A way to turn values into the distinct tokens that a comparison counts.

    Attributes:
        name: As linkage schemas name it.
        fields: The standardised fields it reads.
        derive: Values to distinct tokens in a fixed order; none means the value is absent.
        meaning: One phrase for people who read a schema.
    """

    name: str
    fields: tuple[str, ...]
    derive: Callable[[Values], Sequence[str]]
    meaning: str


def derive_salt(values: Values, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return the values of a salt's attributes in order, or None when any of them is absent."""
    salt = tuple(ATTRIBUTES[name].derive(values) for name in names)
    return salt if all(salt) else None


def _forename(values: Values) -> str:
    return values.get("forenames", "").partition(" ")[0]


def _surname(values: Values) -> str:
    """Return the surname as one word: DE LA CRUZ and DELACRUZ are written for one name."""
    return values.get("surname", "").replace(" ", "")


def _names(values: Values) -> list[str]:
    return [word for field in NAME_FIELDS for word in values.get(field, "").split()]


def _initials(values: Values) -> str:
    forename, surname = _forename(values), _surname(values)
    return forename[:1] + surname[:1] if forename and surname else ""


def _initial(values: Values) -> str:
    return _forename(values)[:1]


def _forename_start(values: Values) -> str:
    return _forename(values)[:START_LETTERS]


def _surname_sound(values: Values) -> str:
    return get_soundex(_surname(values))


def _forename_sound(values: Values) -> str:
    return get_soundex(_forename(values))


def _skeleton_pair(values: Values) -> str:
    forename, surname = _forename(values), values.get("surname", "").rpartition(" ")[2]
    return _join_skeletons((forename, surname)) if forename and surname else ""


def _name_skeletons(values: Values) -> str:
    return _join_skeletons(_names(values))


def _join_skeletons(words: Sequence[str]) -> str:
    return JOINT.join(sorted({skeleton for word in words if (skeleton := get_skeleton(word))}))


def _date(values: Values) -> str:
    """Return the whole date of birth as DDMMYYYY, empty when a part of it is unknown or it was imputed."""
    text = values.get("dob", "")
    parts = (text[:2], text[2:4], text[4:6])
    is_whole = bool(_DATE.fullmatch(text)) and UNKNOWN not in parts
    return text if is_whole and text[:4] != IMPUTED_DAY else ""


def _day_month(values: Values) -> str:
    return _date(values)[:4]


def _year_month(values: Values) -> str:
    """Return MMYYYY; a date without its day has one too."""
    text = values.get("dob", "")
    if not _DATE.fullmatch(text) or text[:4] == IMPUTED_DAY or UNKNOWN in (text[2:4], text[4:6]):
        return ""
    return text[2:]


def _year(values: Values) -> str:
    text = values.get("dob", "")
    return text[4:] if _DATE.fullmatch(text) and text[4:6] != UNKNOWN else ""


def _birth_any_order(values: Values) -> str:
    """Return day and month in ascending order, then the year: the same for 02/01 and 01/02."""
    text = _date(values)
    return "".join(sorted((text[:2], text[2:4]))) + text[4:]


def _postcode(values: Values) -> str:
    text = values.get("postcode", "")
    return "" if len(text) < MIN_POSTCODE_LENGTH or _OUTCODE.fullmatch(text) else text


def _outcode(values: Values) -> str:
    """Return the postcode's district; of codes of other countries the first three characters."""
    text = values.get("postcode", "")
    if len(text) >= MIN_UNIT_LENGTH:
        return text[:-INWARD_LENGTH]
    return text if _OUTCODE.fullmatch(text) else text[:DISTRICT_LENGTH]


def _sex(values: Values) -> str:
    return values.get("sex", "")


def _house(values: Values) -> str:
    """Return the number of a house and the consonants of its street; empty without a number."""
    words = values.get("address", "").split()
    number = next((at for at, word in enumerate(words) if word[0].isdigit()), None)
    if number is None:
        return ""
    street = next((code for word in words[number + 1 :] if (code := get_skeleton(word))), "")
    return f"{words[number]}{JOINT}{street}" if street else ""


def _take(field: str) -> Callable[[Values], str]:
    return lambda values: values.get(field, "")


def _make_bigrams(field: str) -> Callable[[Values], Sequence[str]]:
    """Return a function to the letter pairs of a field's words, each word between spaces, in any order."""

    def list_bigrams(values: Values) -> Sequence[str]:
        padded = [f" {word} " for word in values.get(field, "").split()]
        return sorted({word[at : at + 2] for word in padded for at in range(len(word) - 1)})

    return list_bigrams


def _phone_digits(values: Values) -> Sequence[str]:
    """Return the pairs of digits with their places."""
    text = values.get("phone", "")
    return [f"{place}:{text[place : place + 2]}" for place in range(len(text) - 1)]


def _name_bigrams(values: Values) -> Sequence[str]:
    """Return the letter pairs of every name word, each word between spaces; order and field do not count."""
    padded = [f" {word} " for word in _names(values)]
    return sorted({word[at : at + 2] for word in padded for at in range(len(word) - 1)})


def _date_parts(values: Values) -> Sequence[str]:
    """Return day, month, both halves of the year and every digit with its place, but for unknown parts."""
    text = values.get("dob", "")
    if not _DATE.fullmatch(text):
        return [f"{place}:{digit}" for place, digit in enumerate(text)]
    known = {"D": (0, 2), "M": (2, 4), "C": (4, 6), "Y": (6, 8)}
    if text[4:6] == UNKNOWN:
        del known["C"], known["Y"]
    for part in "DM":
        if text[slice(*known[part])] == UNKNOWN:
            del known[part]
    wholes = [f"{part}{text[start:end]}" for part, (start, end) in known.items()]
    digits = [f"{place}:{text[place]}" for start, end in known.values() for place in range(start, end)]
    return wholes + digits


def _postcode_parts(values: Values) -> Sequence[str]:
    """Return the district, the whole and the letter pairs with their places."""
    text = values.get("postcode", "")
    if not text:
        return []
    pairs = [f"{place}:{text[place : place + 2]}" for place in range(len(text) - 1)]
    return [f"O{_outcode(values)}", f"P{text}", *pairs]


def _sex_token(values: Values) -> Sequence[str]:
    return [text] if (text := _sex(values)) else []


def _by_name(*attributes: Attribute) -> Mapping[str, Attribute]:
    return {attribute.name: attribute for attribute in attributes}


ATTRIBUTES: Mapping[str, Attribute] = _by_name(
    Attribute("forename", ("forenames",), _forename, "first given name"),
    Attribute("surname", ("surname",), _surname, "whole surname"),
    Attribute("initials", NAME_FIELDS, _initials, "first letters of forename and surname"),
    Attribute("initial", ("forenames",), _initial, "first letter of the forename"),
    Attribute("forename-start", ("forenames",), _forename_start, "first three letters of the forename"),
    Attribute("surname-sound", ("surname",), _surname_sound, "Soundex of the surname"),
    Attribute("forename-sound", ("forenames",), _forename_sound, "Soundex of the forename"),
    Attribute("skeleton-pair", NAME_FIELDS, _skeleton_pair, "consonants of forename and last surname word"),
    Attribute("name-skeletons", NAME_FIELDS, _name_skeletons, "consonants of every name word"),
    Attribute("dob", ("dob",), _date, "whole date of birth"),
    Attribute("day-month", ("dob",), _day_month, "day and month of birth"),
    Attribute("year-month", ("dob",), _year_month, "month and year of birth"),
    Attribute("year", ("dob",), _year, "year of birth"),
    Attribute("birth-any-order", ("dob",), _birth_any_order, "date of birth, day and month in either order"),
    Attribute("postcode", ("postcode",), _postcode, "whole postcode"),
    Attribute("outcode", ("postcode",), _outcode, "postcode district"),
    Attribute("sex", ("sex",), _sex, "sex"),
    Attribute("house", ("address",), _house, "house number and consonants of the street"),
    Attribute("town", ("town",), _take("town"), "town"),
    Attribute("birth-place", ("birth_place",), _take("birth_place"), "place of birth"),
    Attribute("phone", ("phone",), _take("phone"), "telephone number"),
    Attribute("email", ("email",), _take("email"), "electronic mail address"),
    Attribute("pncid", ("pncid",), _take("pncid"), "Police National Computer identifier"),
    Attribute("nhs-number", ("nhs_number",), _take("nhs_number"), "NHS number"),
    Attribute("national-id", ("national_id",), _take("national_id"), "another national number"),
)
"""Every attribute that a view may be salted by, by name."""

TOKENS: Mapping[str, Tokens] = {
    kind.name: kind
    for kind in (
        Tokens("name-bigrams", NAME_FIELDS, _name_bigrams, "letter pairs of all names, in any order"),
        Tokens("date-parts", ("dob",), _date_parts, "day, month, halves of the year, digits"),
        Tokens("postcode-parts", ("postcode",), _postcode_parts, "district, whole code, letter pairs"),
        Tokens("sex", ("sex",), _sex_token, "the value"),
        Tokens("address-bigrams", ("address",), _make_bigrams("address"), "letter pairs of the address"),
        Tokens("town-bigrams", ("town",), _make_bigrams("town"), "letter pairs of the town"),
        Tokens(
            "birth-place-bigrams", ("birth_place",), _make_bigrams("birth_place"), "letter pairs of the place"
        ),
        Tokens("phone-digits", ("phone",), _phone_digits, "digit pairs with their places"),
        Tokens("email-bigrams", ("email",), _make_bigrams("email"), "letter pairs of the address"),
    )
}
"""Every kind of tokens that a comparison may use, by name."""
