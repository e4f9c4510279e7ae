"""The people that attacks are run on: a table that the user gives, or synthetic ones.

Layer: lab. Each subject has the values that a population list holds and the values that a member recorded,
errors included; encodings are attacked on the former, which is the worst case, and linkage quality is
measured between the two.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from crypto.encoding.standardise import parse_date_parts
from crypto.errors import InputError
from lab.attacks.observation import Person
from lab.people_file import parse_people
from lab.synthetic.federation import draw_member, plan_federation
from lab.synthetic.parameters import Parameters, SharingRates

FORCES = ("kent", "west-midlands", "greater-manchester", "essex")
TODAY = date(2026, 1, 1)
SPARE_SHARE = 1.1  # people who are held by several members are dropped
FEWEST_PER_FORCE = 100
MONTHS, GRID_DAYS_PER_MONTH = 12, 27  # the second to the twenty-eighth, which every month has
MOST_GRID_DAYS = MONTHS * GRID_DAYS_PER_MONTH


@dataclass(frozen=True, slots=True)
class Subject:
    """One person, as a population list has it and as a member recorded it."""

    listed: Person
    recorded: Person


def draw_subjects(count: int, *, seed: int) -> list[Subject]:
    """Return different synthetic people of four forces, the same for the same seed."""
    size = max(FEWEST_PER_FORCE, int(count * SPARE_SHARE / len(FORCES)) + 1)
    sharing = SharingRates(overlap=0.0, several_nominals=0.0)
    plan = plan_federation(
        Parameters(
            sizes=dict.fromkeys(FORCES, size),
            partner=None,
            seed=seed,
            today=TODAY,
            stories=False,
            sharing=sharing,
        )
    )
    members = [draw_member(plan, name) for name in FORCES]
    true = pd.concat([member.people for member in members]).drop_duplicates("ent_id")
    flat = pd.concat([member.flat for member in members]).set_index("rec_id")
    chosen = true.iloc[np.random.default_rng(seed).permutation(len(true))[:count]]
    if len(chosen) < count:
        raise InputError(f"expected {count:,} different people, got {len(chosen):,}; try another seed")
    recorded = flat.loc[chosen["nominal_id"]].to_dict("records")
    return [
        Subject(read_true_values(person), _read_recorded(record))
        for person, record in zip(chosen.to_dict("records"), recorded, strict=True)
    ]


def read_true_values(row: Mapping[Any, Any]) -> Person:
    """Return what a population list has of a person of the lab's ``people.csv``."""
    names = {
        "forenames": f"{row['true_forename']} {row['true_middle']}".strip(),
        "surname": row["true_surname"],
    }
    return {**names, "dob": row["true_dob"], "sex": row["sex"], "postcode": row["true_postcode"]}


def parse_subjects(data: bytes, *, name: str) -> list[Subject]:
    """Parse a table of people: rec_id and columns of the usual names for the federation's fields.

    Recorded values equal listed ones, so such a table can be attacked but not measured for quality.

    Args:
        data: Untrusted CSV bytes.
        name: What to call the file in messages.

    Raises:
        InputError: Malformed, or a field of the federation schema is missing.
    """
    file = parse_people(data, name=name, schema=load_built_in_schema("plain"), chosen={})
    missing = [field for field in FEDERATION_FIELDS if field not in file.columns]
    if missing:
        raise InputError(f"{name} row 1: expected columns for all of {', '.join(FEDERATION_FIELDS)}, "
                         f"got none for {', '.join(missing)}")  # fmt: skip
    fields = [*FEDERATION_FIELDS, *(["middle_name"] if "middle_name" in file.columns else [])]
    people = [_join_forenames(person) for person in file.read_people(fields)]
    return [Subject(person, person) for person in people]


def concentrate_births(subjects: Sequence[Subject], *, dates: int) -> list[Subject]:
    """Return the people with their births moved onto a grid of about so many dates, equally many on each.

    As many years as days of the year: blocks by date are then as full as in a country, and those by year
    or by day of the year as full as they can be at this size. On dates drawn at random nearly every name
    of a year would be alone. The order of births is kept.
    """
    births = [parse_date_parts(subject.listed.get("dob", "")) for subject in subjects]
    born = np.array([day.toordinal() if day else 0 for day in births])
    present = np.flatnonzero(born)
    years = _choose_years([day.year for day in births if day], math.isqrt(dates))
    days = min(MOST_GRID_DAYS, max(1, round(dates / max(1, len(years)))))
    moved = list(subjects)
    by_birth = present[np.argsort(born[present], kind="stable")]
    for year, group in zip(years, np.array_split(by_birth, max(1, len(years))), strict=True):
        of_year = sorted(group.tolist(), key=lambda index: (births[index] or TODAY).timetuple().tm_yday)
        for place, part in enumerate(np.array_split(np.array(of_year, dtype=np.int64), days)):
            # Never the first of a month: schemes leave out the first of January, which stands for unknown.
            day = date(year, 1 + place * MONTHS // days, 2 + place % GRID_DAYS_PER_MONTH)
            for index in part.tolist():
                moved[index] = _move(subjects[index], day - date.fromordinal(int(born[index])))
    return moved


def _choose_years(years: Sequence[int], count: int) -> list[int]:
    """Return so many different years, spread evenly over most births."""
    if not years:
        return []
    first, last = np.quantile(years, [0.05, 0.95])
    return sorted({round(year) for year in np.linspace(first, last, max(1, count)).tolist()})


def _move(subject: Subject, by: timedelta) -> Subject:
    return Subject(_move_birth(subject.listed, by), _move_birth(subject.recorded, by))


def _move_birth(person: Person, by: timedelta) -> Person:
    day = parse_date_parts(person.get("dob", ""))
    return person if day is None else {**person, "dob": (day + by).isoformat()}


def _read_recorded(row: dict[Any, Any]) -> Person:
    forenames = f"{row['forename']} {row['middle_name']}".strip()
    return {"forenames": forenames, **{field: row[field] for field in FEDERATION_FIELDS[1:]}}


def _join_forenames(person: dict[str, str]) -> Person:
    middle = person.pop("middle_name", "")
    return {**person, "forenames": f"{person['forenames']} {middle}".strip()}
