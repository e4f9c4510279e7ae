"""Load the compact UK reference tables that the synthetic population is drawn from.

Layer: lab. Public aggregate counts and name lists only (`lab/data/README.md` has source and licence
of each); nothing here is about a person.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from crypto.errors import InputError

DATA_DIRECTORY = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True)
class UkTables:
    """The reference tables, one frame each; treat them as read-only.

    Attributes:
        forenames: sex, born_about, name, weight (sums to about 1 within sex and cohort).
        surnames: name, weight.
        pools: pool, part (forename, surname), sex ("" for either), name, weight.
        chinese: part (surname, given), hanzi, system, name.
        romanisations: name, other: Latin spellings of one Arabic form.
        spellings: part, name, other: British spelling variants.
        letter_rules: kind (ocr, phonetic), where, old, new, before, after.
        places: pfa, longitude, latitude.
        streets: street, n.
        nicknames: name, nickname.
        sectors: pfa, sector, n.
        populations: pfa, total and one column for each ethnic group of the 2011 census.
        offences: pfa, ho_class, recorded.
    """

    forenames: pd.DataFrame
    surnames: pd.DataFrame
    pools: pd.DataFrame
    chinese: pd.DataFrame
    romanisations: pd.DataFrame
    spellings: pd.DataFrame
    letter_rules: pd.DataFrame
    places: pd.DataFrame
    streets: pd.DataFrame
    nicknames: pd.DataFrame
    sectors: pd.DataFrame
    populations: pd.DataFrame
    offences: pd.DataFrame


def _read_table(name: str) -> pd.DataFrame:
    # NAN and NULL are real names: nothing may be read as a missing value.
    return pd.read_csv(DATA_DIRECTORY / name, keep_default_na=False)


@lru_cache(maxsize=1)
def load_uk_tables() -> UkTables:
    """Read the reference tables once in a process."""
    return UkTables(
        forenames=_read_table("forenames.csv"),
        surnames=_read_table("surnames.csv"),
        pools=_read_table("name_pools.csv"),
        chinese=_read_table("chinese_names.csv"),
        romanisations=_read_table("romanisations.csv"),
        spellings=_read_table("spellings.csv"),
        letter_rules=_read_table("letter_rules.csv"),
        places=_read_table("places.csv"),
        streets=_read_table("streets.csv"),
        nicknames=_read_table("nicknames.csv"),
        sectors=_read_table("postcode_sectors.csv"),
        populations=_read_table("ethnicity_by_force.csv"),
        offences=_read_table("offences_by_force.csv"),
    )


def list_forces() -> dict[str, float]:
    """Return the member name and population (2011) of every territorial force, the largest first."""
    table = load_uk_tables().populations
    people = zip(table["pfa"], table["total"], strict=True)
    ordered = sorted(people, key=lambda row: (-row[1], row[0]))
    return {str(area).lower().replace(" & ", "-and-").replace(" ", "-"): float(n) for area, n in ordered}


def get_police_area(member: str) -> str:
    """Return the police force area that a force's member name stands for.

    Args:
        member: Member name such as `west-mercia`; case, hyphens and underscores do not matter.

    Raises:
        InputError: No territorial force of England and Wales has that name.
    """
    wanted = member.casefold().replace("-", " ").replace("_", " ").replace(" and ", " & ").strip()
    areas: list[str] = sorted(load_uk_tables().populations["pfa"])
    for area in areas:
        if area.casefold().replace("-", " ") == wanted:
            return area
    known = ", ".join(sorted(list_forces()))
    raise InputError(f"expected a territorial force name, got one that is not listed; use one of: {known}")
