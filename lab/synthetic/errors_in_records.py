"""Corrupt records the way clerks and life do, at named rates, and the way some suspects wish.

Layer: lab. A person known to two members is recorded twice, each time by somebody else: names are
misheard, dates swapped, people move. Rates are per record and drawn independently.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.misspelling import change_some, load_lookups, mishear, misread, misspell
from lab.synthetic.parameters import ErrorRates

UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # of a postcode's second half: C I K M O V are not used (Royal Mail)

NewHomes = Callable[[pd.DataFrame], pd.DataFrame]
"""Draws postcode and address for given records, in the area of the member that holds them."""


def corrupt_records(
    records: pd.DataFrame, *, rng: np.random.Generator, rates: ErrorRates, new_homes: NewHomes
) -> pd.DataFrame:
    """Return a copy of the records with errors drawn independently for each.

    Args:
        records: Columns forename, middle, surname, dob (datetime64[D]), dob_quality, sex, postcode,
            address, is_suspect.
        rng: Seeded generator.
        rates: Share of records for each error.
        new_homes: Columns postcode and address for people who have moved.
    """
    out = records.copy()
    _falsify(out, rng, rates)
    _misname(out, rng, rates)
    _misdate(out, rng, rates)
    _misplace(out, rng, rates, new_homes)
    wrong = rng.random(len(out)) < rates.sex_wrong
    out["sex"] = np.where(wrong, np.where(out["sex"] == "F", "M", "F"), out["sex"])
    out.loc[rng.random(len(out)) < rates.sex_unrecorded, "sex"] = "U"
    return out


def _falsify(out: pd.DataFrame, rng: np.random.Generator, rates: ErrorRates) -> None:
    """Let some suspects give a name that is not theirs (a forename, or all of it) or another birth."""
    count, suspect = len(out), out["is_suspect"].to_numpy(dtype=bool)
    lied = suspect & (rng.random(count) < rates.false_name)
    borrowed = rng.permutation(count)
    same_sex = out["sex"].to_numpy() == out["sex"].to_numpy()[borrowed]
    for column, where in (("forename", lied & same_sex), ("surname", lied & (rng.random(count) < 0.5))):
        out[column] = np.where(where, out[column].to_numpy()[borrowed], out[column])
    shifted = suspect & (rng.random(count) < rates.false_birth)
    days = out["dob"].to_numpy().astype("datetime64[D]")
    # Older, never younger: a younger date could make a child of a suspect or lie ahead of today.
    shift = rng.integers(1, 6, count) * 365 + rng.integers(0, 2, count) * rng.integers(1, 180, count)
    out["dob"] = np.where(shifted, days - shift.astype("timedelta64[D]"), days)


def _misname(out: pd.DataFrame, rng: np.random.Generator, rates: ErrorRates) -> None:
    lookups = load_lookups()
    steps = (
        ("forename", rates.nickname, lookups["nickname"]),
        ("forename", rates.forename_variant, lookups["forename"]),
        ("surname", rates.surname_variant, lookups["surname"]),
        ("forename", rates.forename_heard, mishear),
        ("surname", rates.surname_heard, mishear),
        ("forename", rates.forename_scanned, misread),
        ("surname", rates.surname_scanned, misread),
        ("forename", rates.forename_keyed, misspell),
        ("surname", rates.surname_keyed, misspell),
    )
    for column, rate, change in steps:
        out[column] = change_some(out[column], rate, change, rng)
    _exchange(out, "forename", "middle", rng.random(len(out)) < rates.middle_as_forename)
    _exchange(out, "forename", "surname", rng.random(len(out)) < rates.names_swapped)
    out["middle"] = change_some(out["middle"], rates.middle_initial, lambda name, _: name[:1], rng)
    out["middle"] = change_some(out["middle"], rates.middle_missing, lambda _name, _: "", rng)


def _exchange(out: pd.DataFrame, one: str, other: str, where: npt.NDArray[np.bool_]) -> None:
    both = where & (out[one] != "").to_numpy() & (out[other] != "").to_numpy()
    first, second = out[one].to_numpy(dtype=object), out[other].to_numpy(dtype=object)
    out[one], out[other] = np.where(both, second, first), np.where(both, first, second)


def _misdate(out: pd.DataFrame, rng: np.random.Generator, rates: ErrorRates) -> None:
    days = out["dob"].to_numpy().astype("datetime64[D]")
    years = days.astype("datetime64[Y]")
    months = days.astype("datetime64[M]")
    day_index = (days - months).astype(int)
    month_index = (months - years.astype("datetime64[M]")).astype(int)
    count = len(out)
    swapped = (rng.random(count) < rates.day_month_swapped) & (day_index < 12)
    exchanged = (years.astype("datetime64[M]") + day_index).astype("datetime64[D]") + month_index
    # Only back in time, so that no date lies ahead of today and no suspect becomes a child.
    exchanged = np.where(exchanged <= days, exchanged, exchanged - np.timedelta64(365, "D"))
    days = np.where(swapped, exchanged, days)
    slips = np.array([1, 10, 31, 365, 3652], dtype="timedelta64[D]")
    slipped = rng.random(count) < rates.birth_digit
    days = np.where(slipped, days - rng.choice(slips, count, p=[0.35, 0.15, 0.2, 0.25, 0.05]), days)
    defaulted = rng.random(count) < rates.birth_defaulted
    days = np.where(defaulted, days.astype("datetime64[Y]").astype("datetime64[D]"), days)
    missing = rng.random(count) < rates.birth_missing
    out["dob"] = np.where(missing, np.datetime64("NaT", "D"), days)
    out["dob_quality"] = np.select([missing, defaulted], ["UNKNOWN", "DEFAULTED"], out["dob_quality"])


def _misplace(out: pd.DataFrame, rng: np.random.Generator, rates: ErrorRates, new_homes: NewHomes) -> None:
    moved = rng.random(len(out)) < rates.moved
    if moved.any():
        out.loc[moved, ["postcode", "address"]] = new_homes(out[moved])[["postcode", "address"]].to_numpy()

    def miskey(postcode: str, ticket: float) -> str:
        return postcode[:-1] + UNIT_LETTERS[int(ticket * len(UNIT_LETTERS))]

    out["postcode"] = change_some(out["postcode"], rates.postcode_keyed, miskey, rng)
    out.loc[rng.random(len(out)) < rates.postcode_missing, ["postcode", "address"]] = ""
