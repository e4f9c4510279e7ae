"""The people that attacks are run on: a table that the user gives, or synthetic ones.

Layer: lab. Each subject has the values that a population list holds and the values that a member recorded,
errors included; encodings are attacked on the former, which is the worst case, and linkage quality is
measured between the two.
"""

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


def concentrate_births(subjects: Sequence[Subject], *, dates: int, seed: int) -> list[Subject]:
    """Return the people with their births moved onto so many dates, a month at most for enough dates.

    Blocks by date of birth are then as full as in a country, at a size that a laptop can attack.
    """
    births = [parse_date_parts(subject.listed.get("dob", "")) for subject in subjects]
    known = np.array(sorted({day.toordinal() for day in births if day}))
    chosen = np.sort(np.random.default_rng(seed).choice(known, min(dates, len(known)), replace=False))
    return [
        subject
        if day is None
        else _move(subject, date.fromordinal(_find_nearest(chosen, day.toordinal())) - day)
        for subject, day in zip(subjects, births, strict=True)
    ]


def _find_nearest(ordinals: np.typing.NDArray[np.int64], wanted: int) -> int:
    return int(ordinals[np.abs(ordinals - wanted).argmin()])


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
