"""Generate a whole synthetic federation, with its truth, and write it as members' files.

Layer: lab. Each member gets the canonical tables that its data engineer would hand to
`clew-node load`; who is who across members stays with the lab. Everything is drawn from one seeded
generator, so a seed and a date give the same bytes. Nothing here imitates the overlap of real
forces: the share of shared people is a parameter, not a finding.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crypto.errors import InputError
from lab.canary_forms import Canary
from lab.holdings import SUSPECT_ROLES, draw_records, draw_slots
from lab.offences import draw_cases, draw_contacts, draw_ids, write_flags
from lab.people import Drawer
from lab.planting import PlantedRecords, count_planted, plant_stories
from lab.stories import list_canaries, tell_stories
from lab.story import Story, choose_cast
from lab.uk_tables import get_police_area, load_uk_tables

FEWEST_RECORDS = 100  # below it the shares of overlap and kin round to nothing
NOMINAL_COLUMNS = (
    "nominal_id", "source_system", "given_names", "surname", "dob", "dob_quality", "sex_recorded",
    "pncid", "postcode", "is_police_employee", "sensitivity",
)  # fmt: skip
TRUTH_COLUMNS = ("member_a", "nominal_id_a", "member_b", "nominal_id_b")


@dataclass(frozen=True, slots=True)
class MemberData:
    """One member's canonical tables by name, every cell the text that goes into the CSV."""

    name: str
    role: str
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """Where a planted record of a story is held: its key in the story, member and nominal id."""

    key: str
    member: str
    nominal_id: str


@dataclass(frozen=True, slots=True)
class Federation:
    """Every member's data, and what only the lab knows.

    Attributes:
        members: Forces in the given order, then the partner.
        truth: member_a, nominal_id_a, member_b, nominal_id_b: every cross-member pair of one person
            in the perpetrator view, each once, members in federation order.
        stories: The planted stories.
        story_records: For each story label, all its records.
        canaries: Planted values for a leak search.
        seed: The seed it was drawn from.
        today: The day to which all ages are relative.
    """

    members: tuple[MemberData, ...]
    truth: pd.DataFrame
    stories: tuple[Story, ...]
    story_records: Mapping[str, tuple[StoryRecord, ...]]
    canaries: tuple[Canary, ...]
    seed: int
    today: date


def generate_federation(
    *, forces: Sequence[str], partner: str, records_per_force: int, seed: int, today: date
) -> Federation:
    """Return a synthetic federation, the same for the same arguments.

    Args:
        forces: At least two member names of territorial forces, such as `west-mercia`.
        partner: Member name of the social care partner; it works in the area of the story's Kent.
        records_per_force: Rows of each force's nominal table before the planted stories, >= 100.
        seed: Seed of the generator.
        today: The day to which ages of events and people are relative.

    Raises:
        InputError: Fewer than two forces, a name twice or not a force, or too few records.
    """
    if len(forces) < 2 or len({*forces, partner}) != len(forces) + 1:
        raise InputError("expected at least two forces and a partner, all of different names")
    if records_per_force < FEWEST_RECORDS:
        raise InputError(f"expected at least {FEWEST_RECORDS} records per force, got {records_per_force}")
    cast = choose_cast(forces, partner)
    areas = {name: get_police_area(name) for name in forces}
    areas[partner] = areas[cast.kent]
    drawer = Drawer(load_uk_tables(), np.random.default_rng(seed), today)
    stories = tell_stories(cast, today)
    slots = draw_slots(areas, partner=partner, records_per_force=records_per_force)
    drawn = draw_records(drawer, slots)
    fresh = draw_ids(drawer.rng, "N", len(drawn) + count_planted(stories))
    drawn["nominal_id"] = fresh[: len(drawn)]
    planted = plant_stories(stories, nominal_ids=fresh[len(drawn) :], today=today)
    return Federation(
        members=tuple(
            MemberData(
                name=name,
                role="PARTNER" if name == partner else "FORCE",
                tables=_build_tables(drawer, name, drawn=drawn, planted=planted),
            )
            for name in areas
        ),
        truth=list_same_person_pairs(pd.concat([drawn, planted.records]), members=list(areas)),
        stories=stories,
        story_records=_list_story_records(planted),
        canaries=list_canaries(stories),
        seed=seed,
        today=today,
    )


def _build_tables(
    drawer: Drawer, member: str, *, drawn: pd.DataFrame, planted: PlantedRecords
) -> dict[str, pd.DataFrame]:
    """Return one member's canonical tables, rows in random order so that nothing shows by place."""
    own = drawn[drawn["member"] == member]
    own_planted = planted.records[planted.records["member"] == member]
    is_force = (own["role"] == "SUSPECT").any()
    identities = pd.concat([own, own_planted])
    tables = {"nominal": _write_nominals(identities, "ATHENA" if is_force else "PARTNER")}
    if is_force:
        cases = draw_cases(
            drawer,
            area=str(own["area"].iloc[0]),
            suspect_ids=own.loc[own["role"] == "SUSPECT", "nominal_id"].to_numpy(),
            victims=own[own["role"] == "VICTIM"],
        )
        tables["crime"] = _append(cases.crimes, planted.crimes, member)
        tables["crime_party"] = _append(cases.parties, planted.parties, member)
    else:
        tables["partner_contact"] = _append(draw_contacts(drawer, own), planted.contacts, member)
    return {name: _shuffle(table, drawer.rng) for name, table in tables.items()}


def _append(drawn: pd.DataFrame, planted: pd.DataFrame, member: str) -> pd.DataFrame:
    return pd.concat([drawn, planted.loc[planted["member"] == member, list(drawn.columns)]])


def _shuffle(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return table.iloc[rng.permutation(len(table))].reset_index(drop=True)


def _write_nominals(records: pd.DataFrame, source_system: str) -> pd.DataFrame:
    """Return the nominal table: names joined, dates and booleans as text."""
    dob = pd.to_datetime(records["dob"])
    return pd.DataFrame(
        {
            "nominal_id": records["nominal_id"],
            "source_system": source_system,
            "given_names": (records["forename"] + " " + records["middle"]).str.strip(),
            "surname": records["surname"],
            "dob": dob.dt.strftime("%Y-%m-%d").fillna(""),
            "dob_quality": records["dob_quality"],
            "sex_recorded": records["sex"],
            "pncid": records["pncid"],
            "postcode": records["postcode"],
            "is_police_employee": write_flags(records["is_police_employee"].to_numpy(dtype=bool)),
            "sensitivity": records["sensitivity"],
        }
    )[list(NOMINAL_COLUMNS)]


def list_same_person_pairs(records: pd.DataFrame, *, members: Sequence[str]) -> pd.DataFrame:
    """Return every pair of records of one person in two members, in the perpetrator view.

    Args:
        records: Columns member, role, person, nominal_id.
        members: Member names in federation order; member_a comes before member_b in it.
    """
    order = {name: index for index, name in enumerate(members)}
    suspects = records[records["role"].isin(SUSPECT_ROLES)]
    held = suspects[suspects["person"].duplicated(keep=False)]
    rows = []
    for _, group in held.groupby("person", sort=False):
        holdings = sorted(
            zip(group["member"], group["nominal_id"], strict=True), key=lambda row: order[row[0]]
        )
        rows += [(*a, *b) for a, b in combinations(holdings, 2) if a[0] != b[0]]
    return pd.DataFrame(rows, columns=list(TRUTH_COLUMNS))


def _list_story_records(planted: PlantedRecords) -> dict[str, tuple[StoryRecord, ...]]:
    return {
        str(label): tuple(
            StoryRecord(*row) for row in zip(group["key"], group["member"], group["nominal_id"], strict=True)
        )
        for label, group in planted.records.groupby("story", sort=False)
    }


def write_federation(federation: Federation, directory: Path) -> None:
    """Write `members/NAME/*.csv` for each member and, for the lab only, `lab/`.

    `lab/` holds truth.csv, stories.json and canaries.json and must not be given to any process of
    the federation.

    Args:
        federation: What to write.
        directory: Created if missing; files of the same names are replaced.
    """
    for member in federation.members:
        folder = directory / "members" / member.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in member.tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    lab = directory / "lab"
    lab.mkdir(parents=True, exist_ok=True)
    federation.truth.to_csv(lab / "truth.csv", index=False, lineterminator="\n")
    (lab / "stories.json").write_text(
        json.dumps(describe_stories(federation), indent=2) + "\n", encoding="utf-8"
    )
    canaries = [{"label": c.label, "kind": c.kind, "value": c.value} for c in federation.canaries]
    (lab / "canaries.json").write_text(json.dumps(canaries, indent=2) + "\n", encoding="utf-8")


def describe_stories(federation: Federation) -> list[dict[str, Any]]:
    """Return the stories as `stories.json` holds them, each planted record by its nominal id.

    Each has label, expectation, records (member to the nominal ids in the perpetrator view), by_key
    (story key to member and nominal_id, victims too), same_person, different and confusable (lists of
    keys), and scores (case to the exact score).
    """
    return [_describe_story(story, federation.story_records[story.label]) for story in federation.stories]


def _describe_story(story: Story, records: Sequence[StoryRecord]) -> dict[str, Any]:
    suspects = [record for record in records if record.key in story.suspects]
    holdings: dict[str, list[str]] = {}
    for record in suspects:
        holdings.setdefault(record.member, []).append(record.nominal_id)
    return {
        "label": story.label,
        "expectation": story.expectation,
        "records": holdings,
        "by_key": {
            record.key: {"member": record.member, "nominal_id": record.nominal_id} for record in records
        },
        "same_person": [list(keys) for keys in story.same_person],
        "different": [list(keys) for keys in story.different],
        "confusable": [list(keys) for keys in story.confusable],
        "scores": dict(story.scores),
    }
