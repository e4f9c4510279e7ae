"""Corrupt records the way clerks and life do, at named rates.

Layer: lab. A person known to two members is recorded twice, each time by somebody else: names are
misheard, dates swapped, people move and marry. The rates are per record, so two records of one
person differ about twice as often. They are moderate guesses, each with its source or "assumed",
and a later issue calibrates them; the shape of the errors is what matters here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Share of records, 0 to 1, that get each error.

    Attributes:
        forename_typo: One letter wrong, lost, added or swapped (assumed; about 1-3% of fields in
            hand-keyed administrative data).
        surname_typo: As forename_typo (assumed).
        nickname: Recorded under a nickname (assumed).
        middle_missing: Middle names not recorded (assumed; commonest difference between systems).
        middle_initial: Middle names as initials (assumed).
        surname_changed: Woman's earlier or hyphenated surname (assumed).
        day_month_swapped: Day and month exchanged where both are possible (assumed).
        birth_digit: Birth day or year off by one (assumed).
        birth_defaulted: 1 January entered for an unknown day, marked DEFAULTED (DOMAIN 5.1 adapter note).
        birth_missing: No date of birth (assumed).
        moved: Another home postcode at the time of recording (about one person in ten moves in a
            year, ONS; assumed higher here).
        postcode_missing: No postcode (assumed).
        sex_unrecorded: Sex recorded as U (assumed).
    """

    forename_typo: float = 0.015
    surname_typo: float = 0.015
    nickname: float = 0.03
    middle_missing: float = 0.20
    middle_initial: float = 0.05
    surname_changed: float = 0.04
    day_month_swapped: float = 0.005
    birth_digit: float = 0.01
    birth_defaulted: float = 0.007
    birth_missing: float = 0.01
    moved: float = 0.10
    postcode_missing: float = 0.03
    sex_unrecorded: float = 0.005


def misspell(word: str, rng: np.random.Generator) -> str:
    """Return the word with one letter replaced, lost, added or exchanged with the next."""
    at = int(rng.integers(1, max(2, len(word) - 1)))
    letter = LETTERS[int(rng.integers(len(LETTERS)))]
    edits = (
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[: at - 1] + word[at : at + 1] + word[at - 1 : at] + word[at + 1 :],
    )
    return edits[int(rng.integers(len(edits)))]


def corrupt_records(
    records: pd.DataFrame,
    *,
    rng: np.random.Generator,
    rates: ErrorRates,
    nicknames: pd.DataFrame,
    new_postcode: Callable[[pd.DataFrame], npt.NDArray[np.str_]],
) -> pd.DataFrame:
    """Return a copy of the records with errors drawn independently for each.

    Args:
        records: Columns forename, middle, surname, dob (datetime64[D]), dob_quality, sex, postcode.
        rng: Seeded generator.
        rates: Share of records for each error.
        nicknames: Columns name, nickname.
        new_postcode: Draws a postcode for each given record, in the area of the member that holds it.
    """
    out = records.copy()

    def chosen(rate: float) -> npt.NDArray[np.bool_]:
        return np.asarray(rng.random(len(out)) < rate)

    _misname(out, rng, rates, nicknames)
    _misdate(out, rng, rates)
    moved = chosen(rates.moved)
    out.loc[moved, "postcode"] = new_postcode(out[moved])
    out.loc[chosen(rates.postcode_missing), "postcode"] = ""
    out.loc[chosen(rates.sex_unrecorded), "sex"] = "U"
    return out


def _misname(out: pd.DataFrame, rng: np.random.Generator, rates: ErrorRates, nicknames: pd.DataFrame) -> None:
    by_name = nicknames.groupby("name")["nickname"].agg(list).to_dict()

    def to_nickname(name: str) -> str:
        choices = by_name.get(name, [name])
        return str(choices[int(rng.integers(len(choices)))])

    def to_other_surname(name: str) -> str:
        other = str(rng.choice(out["surname"].to_numpy()))
        return f"{name}-{other}" if rng.random() < 0.5 else other

    def apply(column: str, where: npt.NDArray[np.bool_], change: Callable[[str], str]) -> None:
        out.loc[where, column] = [change(value) for value in out.loc[where, column]]

    count = len(out)
    apply("forename", rng.random(count) < rates.nickname, to_nickname)
    is_woman = (out["sex"] == "F").to_numpy()
    apply("surname", is_woman & (rng.random(count) < rates.surname_changed), to_other_surname)
    apply("forename", rng.random(count) < rates.forename_typo, lambda name: misspell(name, rng))
    apply("surname", rng.random(count) < rates.surname_typo, lambda name: misspell(name, rng))
    apply("middle", rng.random(count) < rates.middle_initial, lambda name: name[:1])
    apply("middle", rng.random(count) < rates.middle_missing, lambda _: "")


def _misdate(out: pd.DataFrame, rng: np.random.Generator, rates: ErrorRates) -> None:
    days = out["dob"].to_numpy().astype("datetime64[D]")
    years = days.astype("datetime64[Y]")
    months = days.astype("datetime64[M]")
    day_index = (days - months).astype(int)
    month_index = (months - years.astype("datetime64[M]")).astype(int)
    count = len(out)

    swapped = (rng.random(count) < rates.day_month_swapped) & (day_index < 12)
    exchanged = (years.astype("datetime64[M]") + day_index).astype("datetime64[D]") + month_index
    days = np.where(swapped, exchanged, days)
    slipped = rng.random(count) < rates.birth_digit
    # A year back or a day back: always a real date, never one in the future.
    days = np.where(slipped, days - np.where(rng.random(count) < 0.5, 365, 1), days)
    defaulted = rng.random(count) < rates.birth_defaulted
    days = np.where(defaulted, years.astype("datetime64[D]"), days)
    missing = rng.random(count) < rates.birth_missing
    out["dob"] = np.where(missing, np.datetime64("NaT", "D"), days)
    out["dob_quality"] = np.select([missing, defaulted], ["UNKNOWN", "DEFAULTED"], out["dob_quality"])
