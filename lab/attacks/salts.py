"""Salts: the values by which the lab's views divide people into blocks.

Layer: lab. Pure. Coarse salts hold hundreds of people of a country each; near-unique ones hold one person
nearly always. A person without a part of a salt takes no part in its view.
"""

from collections.abc import Callable
from dataclasses import dataclass

from crypto.encoding.sounds import get_soundex
from crypto.encoding.standardise import standardise_code, standardise_date, standardise_name
from lab.attacks.observation import Person

DATE_LENGTH = 8  # DDMMYYYY


@dataclass(frozen=True, slots=True)
class Salt:
    """A salt: its name, and the function from a person to its value, empty when it has none."""

    name: str
    get_value: Callable[[Person], str]


def _date(person: Person) -> str:
    text = standardise_date(person.get("dob", ""))
    return text if len(text) == DATE_LENGTH else ""


def _surname(person: Person) -> str:
    return standardise_name(person.get("surname", ""))


def _forename(person: Person) -> str:
    return standardise_name(person.get("forenames", "")).partition(" ")[0]


def _postcode(person: Person) -> str:
    return standardise_code(person.get("postcode", ""))


def _join(*parts: Callable[[Person], str]) -> Callable[[Person], str]:
    def get_value(person: Person) -> str:
        values = [part(person) for part in parts]
        return "|".join(values) if all(values) else ""

    return get_value


def _year(person: Person) -> str:
    return _date(person)[4:]


def _day_month(person: Person) -> str:
    return _date(person)[:4]


def _sound_of(part: Callable[[Person], str]) -> Callable[[Person], str]:
    return lambda person: get_soundex(part(person))


def _initial(person: Person) -> str:
    return _forename(person)[:1]


DOB_SALT = Salt("dob", _date)
COARSE_SALTS = (
    DOB_SALT,
    Salt("surname-soundex-year", _join(_sound_of(_surname), _year)),
    Salt("forename-soundex-day", _join(_sound_of(_forename), _day_month)),
)
NEAR_UNIQUE_SALTS = (
    Salt("surname-dob", _join(_surname, _date)),
    Salt("forename-dob", _join(_forename, _date)),
    Salt("names-year", _join(_forename, _surname, _year)),
    Salt("postcode-year-initial", _join(_postcode, _year, _initial)),
)
