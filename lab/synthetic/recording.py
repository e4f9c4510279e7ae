"""Write down a member's records: the true people as its clerks came to record them.

Layer: lab. The true values stay beside the recorded ones, for the lab only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.errors_in_records import UNIT_LETTERS, corrupt_records
from lab.synthetic.names import GROUPS, ORIGINS, Words
from lab.synthetic.origins import load_romanisations, vary_names
from lab.synthetic.parameters import Parameters
from lab.synthetic.registry import HOUSES, ROLES, SYSTEMS, UNITS_PER_SECTOR, draw_places
from lab.synthetic.uk_tables import UkTables

PNC_FIRST_YEAR, PNC_YEARS = 30, 30  # the PNC began in 1974: 30-59 are nobody's
PNC_SERIALS = 999_999
PNC_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
NAME_COLUMNS = ("forename", "middle", "surname", "other_surname", "english")


@dataclass(frozen=True, slots=True, eq=False)
class Recorder:
    """What recording needs besides the people."""

    parameters: Parameters
    tables: UkTables
    words: Words
    rng: np.random.Generator


def record_people(recorder: Recorder, held: pd.DataFrame, *, area: str, is_force: bool) -> pd.DataFrame:
    """Return a member's records with what it wrote and what is true.

    Args:
        recorder: Parameters, tables, vocabulary and the member's own generator.
        held: The member's holdings joined with the registry, and nominal_id.
        area: Police force area of the member, where those live who have moved there.
        is_force: Whether it is a police force; a partner holds no PNC identifiers.

    Returns:
        The holdings with forename, middle, surname, dob, dob_quality, sex, postcode, address, pncid,
        is_police_employee, sensitivity, and true_forename, true_middle, true_surname, true_dob,
        true_postcode, origin and group as text.
    """
    rng, parameters = recorder.rng, recorder.parameters
    true = held.copy()
    for column in NAME_COLUMNS:
        true[column] = recorder.words[held[column].to_numpy()]
    suspect = (held["role"] == ROLES.index("SUSPECT")).to_numpy()
    homes = _write_homes(recorder, held["place"].to_numpy(), held["house"].to_numpy())
    resettled = held["visitor"].to_numpy() & (rng.random(len(held)) < parameters.sharing.resettled)
    homes = np.where(resettled[:, None], _draw_homes(recorder, area, len(held)), homes)
    plain = pd.DataFrame(
        {
            **{c: true[c].to_numpy() for c in NAME_COLUMNS},
            "origin": held["origin"].to_numpy(),
            "system": held["system"].to_numpy(),
            "female": held["female"].to_numpy(),
            "dob": held["born"].to_numpy().astype("datetime64[D]"),
            "dob_quality": "EXACT",
            "sex": np.where(held["female"], "F", "M"),
            "postcode": homes[:, 0],
            "address": homes[:, 1],
            "is_suspect": suspect & is_force,
        }
    )
    plain[["forename", "middle", "surname"]] = vary_names(plain, rates=parameters.origins, rng=rng)
    written = corrupt_records(
        plain,
        rng=rng,
        rates=parameters.errors,
        new_homes=lambda moved: pd.DataFrame(
            _draw_homes(recorder, area, len(moved)), columns=["postcode", "address"]
        ),
    )
    kept = (
        "nominal_id",
        "person",
        "role",
        "theme",
        "anchor",
        "kin",
        "couple",
        "visitor",
        "repeated",
        "shared",
    )
    columns = ["forename", "middle", "surname", "dob", "dob_quality", "sex", "postcode", "address"]
    out = pd.concat([held[list(kept)].reset_index(drop=True), written[columns]], axis=1)
    out["born"] = held["born"].to_numpy()
    return out.assign(
        pncid=_write_pncids(recorder, held, suspect & is_force),
        **_draw_markings(recorder, held["shared"].to_numpy(dtype=bool)),
        **_write_truth(true, held, homes),
        alias=_choose_aliases(recorder, true, written),
    )


def format_pncid(year: int, serial: int) -> str:
    """Return a PNC identifier with the modulus-23 check letter over year and seven-digit serial."""
    return f"{year:02d}/{serial:06d}{PNC_LETTERS[(year * 10_000_000 + serial) % 23]}"


def _write_pncids(recorder: Recorder, held: pd.DataFrame, known: npt.NDArray[np.bool_]) -> list[str]:
    """A person's identifier is the same wherever it is recorded; most were never through custody."""
    recorded = known & (recorder.rng.random(len(held)) < recorder.parameters.population.pncid_recorded)
    numbers = held["serial"].to_numpy(dtype=np.int64)
    # A stride without common factor spreads neighbouring numbers over years and serials.
    spread = (numbers * 7_919_993 + 11) % (PNC_SERIALS * PNC_YEARS)
    return [
        format_pncid(PNC_FIRST_YEAR + int(n) // PNC_SERIALS, int(n) % PNC_SERIALS + 1) if flag else ""
        for n, flag in zip(spread, recorded, strict=True)
    ]


def _write_homes(
    recorder: Recorder, places: npt.NDArray[np.int32], houses: npt.NDArray[np.int16]
) -> npt.NDArray[np.object_]:
    """Return postcode and address line of each place; one postcode lies in one street."""
    sectors = recorder.tables.sectors["sector"].to_numpy(dtype=object)[places // UNITS_PER_SECTOR]
    units = np.array([a + b for a in UNIT_LETTERS for b in UNIT_LETTERS], dtype=object)
    streets = recorder.tables.streets["street"].str.upper().str.replace(".", "", regex=False).to_numpy(object)
    weights = recorder.tables.streets["n"].to_numpy(dtype=float)
    tickets = (places.astype(np.int64) * 2_654_435_761 % 2**32) / 2**32
    street = streets[np.searchsorted(np.cumsum(weights / weights.sum())[:-1], tickets, side="right")]
    postcode = sectors + units[places % UNITS_PER_SECTOR]
    address = houses.astype(str).astype(object) + " " + street
    return np.column_stack([postcode, address])


def _draw_homes(recorder: Recorder, area: str, count: int) -> npt.NDArray[np.object_]:
    places = draw_places(recorder.tables, recorder.rng, area, count)
    return _write_homes(recorder, places, recorder.rng.integers(1, HOUSES + 1, count).astype(np.int16))


def _draw_markings(recorder: Recorder, shared: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.object_]]:
    """Mark police employees and sensitive people, never among those shared: they must not be matched."""
    rng, rates = recorder.rng, recorder.parameters.population
    shares = {
        "RESTRICTED": rates.restricted,
        "COVERT": rates.covert,
        "PROTECTED_PERSON": rates.protected_person,
    }
    drawn = rng.choice(["NORMAL", *shares], len(shared), p=[1 - sum(shares.values()), *shares.values()])
    employed = ~shared & (rng.random(len(shared)) < rates.police_employee)
    return {
        "sensitivity": np.where(shared, "NORMAL", drawn).astype(object),
        "is_police_employee": employed.astype(object),
    }


def _write_truth(
    true: pd.DataFrame, held: pd.DataFrame, homes: npt.NDArray[np.object_]
) -> dict[str, npt.NDArray[Any]]:
    spelt = {column: true[column].to_numpy(dtype=object).copy() for column in NAME_COLUMNS[:3]}
    chinese = (held["origin"] == ORIGINS.index("chinese")).to_numpy()
    spellings = load_romanisations()
    system = held["system"].to_numpy()
    for values in spelt.values():
        values[chinese] = [
            spellings.get((character, SYSTEMS[number]), ("",))[0]
            for character, number in zip(values[chinese], system[chinese], strict=True)
        ]
    return {
        **{f"true_{name}": values for name, values in spelt.items()},
        "true_dob": held["born"].to_numpy().astype("datetime64[D]"),
        "true_postcode": homes[:, 0],
        "true_sex": np.where(held["female"], "F", "M"),
        "origin": np.array(ORIGINS, dtype=object)[held["origin"]],
        "group": np.array(GROUPS, dtype=object)[held["group"]],
        "imputed_birth": held["imputed"].to_numpy(),
    }


def _choose_aliases(recorder: Recorder, true: pd.DataFrame, written: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return KIND:NAME of another name in the alias table, or nothing."""
    rng, count = recorder.rng, len(true)
    listed = rng.random(count) < recorder.parameters.errors.alias_listed
    chinese = (true["origin"] == ORIGINS.index("chinese")).to_numpy()
    other = true["other_surname"].to_numpy(dtype=object)
    english = true["english"].to_numpy(dtype=object)
    differs = (other != "") & ~chinese & (other != written["surname"].to_numpy())
    kind = np.where(true["female"], "MARRIED:", "ALIAS:").astype(object)
    chosen: Words = np.select(
        [listed & (english != ""), listed & differs], ["TRANSLITERATION:" + english, kind + other], ""
    ).astype(object)
    return chosen
