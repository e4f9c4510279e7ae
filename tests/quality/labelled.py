"""Labelled sets: people's files with the pairs that are one person, and groups of people where known.

The unit everywhere is the *true pair*: two record identifiers that are one person, held by different
members, or anywhere when the set is one file of duplicates. Files are parsed by the code that
``clew-lab link`` uses, so every method sees the columns that Clew sees.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from crypto.encoding.interchange import parse_csv
from crypto.encoding.schema import LinkageSchema, load_built_in_schema
from lab.link import select_schema
from lab.people_file import PeopleFile, parse_people
from lab.truth import parse_truth
from scoring.linkage.evaluation import Pair
from scoring.linkage.matching import Position

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"
LINKAGE_SETS = SHARED_DATA / "linkage"
NAME_ORIGINS = SHARED_DATA / "uk" / "name_token_origin.csv"

DEVELOPMENT_SETS = ("febrl4", "essnet_dev", "historical_50k_dev", "anonlink_5party", "splink_fake_1000")
TRUTH, GROUPS = "truth.csv", "groups.csv"
MIN_ORIGIN_SHARE = 0.5  # of the people known by a name; under it the name says nothing about origin
UNLISTED = "unlisted"

# Labels of the list describe names, not people; thirteen classes would leave groups too small to measure.
ORIGIN_GROUPS = (
    ("GreaterEuropean,British", "British"),
    ("GreaterEuropean", "other European"),
    ("GreaterAfrican,Muslim", "Muslim"),
    ("GreaterAfrican", "African"),
    ("Asian,IndianSubContinent", "South Asian"),
    ("Asian", "East Asian"),
)
SEX_GROUPS = {"m": "male", "male": "male", "f": "female", "female": "female"}


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSet:
    """One labelled set.

    Attributes:
        name: Short name.
        files: One file for each member; exactly one when ``within``.
        schema: The built-in schema, reduced to the fields that all files have.
        truth: Every true pair.
        within: Whether people are looked for several times inside one file.
        groups: Trait (origin, sex) to the group of each record; records of no known group are absent.
        note: Where it comes from and what its groups rest on, in one sentence.
    """

    name: str
    files: tuple[PeopleFile, ...]
    schema: LinkageSchema
    truth: frozenset[Pair]
    within: bool
    groups: Mapping[str, Mapping[Position, str]] = field(default_factory=dict)
    note: str = ""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Records of each file."""
        return tuple(len(file.ids) for file in self.files)

    def read_fields(self) -> list[list[dict[str, str]]]:
        """Return each file's raw values of the fields that Clew encodes."""
        return [file.read_people(self.schema.encoded_fields) for file in self.files]


def load_development_set(name: str, *, folder: Path = LINKAGE_SETS) -> LabelledSet:
    """Return one of the labelled sets that lie beside the checkout.

    Raises:
        SystemExit: The folder is not there; nothing can be measured without it.
    """
    labelled = load_folder(folder / name)
    groups = {"origin": guess_origins(labelled.files, load_name_origins()), "sex": read_sexes(labelled.files)}
    return replace(
        labelled,
        groups={trait: of for trait, of in groups.items() if len(set(of.values())) > 1},
        note="published set; name origin guessed from surname or forename, sex as recorded",
    )


def load_folder(home: Path) -> LabelledSet:
    """Return the labelled set in a folder: people's files, `truth.csv` and, if it is there, `groups.csv`.

    `groups.csv` has rec_id and one column for each trait; a record without a group is left empty.

    Raises:
        SystemExit: There is no such folder, or no truth in it.
    """
    if not (home / TRUTH).is_file():
        raise SystemExit(f"quality: expected a labelled set with {TRUTH} in {home}, found none")
    paths = sorted(path for path in home.glob("*.csv") if path.name not in (TRUTH, GROUPS))
    labelled = build_set(home.name, [path.read_bytes() for path in paths], (home / TRUTH).read_bytes())
    if not (home / GROUPS).is_file():
        return labelled
    return replace(labelled, groups=read_groups(labelled.files, (home / GROUPS).read_bytes()))


def read_groups(files: Sequence[PeopleFile], data: bytes) -> dict[str, dict[Position, str]]:
    """Return trait to the group of each record, from a table of rec_id and one column for each trait."""
    header, rows = parse_csv(data, name=GROUPS)
    homes = {
        record_id: (dataset, record)
        for dataset, file in enumerate(files)
        for record, record_id in enumerate(file.ids)
    }
    at = header.index("rec_id")
    return {
        trait: {homes[row[at]]: row[column] for row in rows if row[at] in homes and row[column]}
        for column, trait in enumerate(header)
        if column != at
    }


def build_set(
    name: str, tables: Sequence[bytes], truth: bytes, *, schema: LinkageSchema | None = None
) -> LabelledSet:
    """Return a labelled set from CSV bytes: one table is deduplicated, several are linked."""
    schema = schema or load_built_in_schema("plain")
    files = tuple(
        parse_people(table, name=f"{name}/{number}", schema=schema, chosen={})
        for number, table in enumerate(tables, start=1)
    )
    within = len(files) == 1
    pairs = parse_truth(truth, files, name=f"{name}/truth", within=within)
    return LabelledSet(name, files, select_schema(files, schema), frozenset(pairs), within)


def read_sexes(files: Sequence[PeopleFile]) -> dict[Position, str]:
    """Return male or female of every record whose own entry says so."""
    return {
        (dataset, record): SEX_GROUPS[person["sex"].lower()]
        for dataset, file in enumerate(files)
        if "sex" in file.columns
        for record, person in enumerate(file.read_people(["sex"]))
        if person["sex"].lower() in SEX_GROUPS
    }


def load_name_origins(path: Path = NAME_ORIGINS) -> dict[tuple[str, str], str]:
    """Return (part, name) to origin group for every name that mostly comes from one."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            (row["part"], row["token"]): _to_group(row["origin"])
            for row in csv.DictReader(stream)
            if float(row["share"]) >= MIN_ORIGIN_SHARE
        }


def guess_origins(files: Sequence[PeopleFile], origins: Mapping[tuple[str, str], str]) -> dict[Position, str]:
    """Return the origin group of every record's name: by its surname, else its forename, else unlisted."""
    groups = {}
    for dataset, file in enumerate(files):
        parts = [part for part in ("surname", "forenames") if part in file.columns]
        for record, person in enumerate(file.read_people(parts)):
            keys = [
                ("surname" if part == "surname" else "forename", token)
                for part in parts
                for token in person[part].lower().split()[:1]
            ]
            groups[dataset, record] = next((origins[key] for key in keys if key in origins), UNLISTED)
    return groups


def _to_group(origin: str) -> str:
    return next(group for prefix, group in ORIGIN_GROUPS if origin.startswith(prefix))
