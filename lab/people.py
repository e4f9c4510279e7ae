"""Draw synthetic people: names by cohort and origin, dates of birth, homes and kin.

Layer: lab. Frequencies come from `lab/data`; ages, shares of middle names and of kin are assumed and
named. People are drawn independently of what they are suspected of: name origin never enters
offending. Kin (siblings, twins, a parent of the same name) share a surname and a home on purpose:
they are the look-alikes that a matcher must keep apart.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.uk_tables import UkTables

MIDDLE_NAME_SHARE = 0.6  # assumed
SIBLING_SHARE = 0.02  # assumed: people recorded beside a brother or sister at the same home
TWIN_SHARE = 0.002  # assumed
SAME_NAME_PARENT_SHARE = 0.004  # assumed
KIN_ACROSS_SHARE = 0.1  # assumed: relatives at one home whom different members hold
# Letters of the second half of a postcode: C I K M O V are not used (Royal Mail PAF).
UNIT_LETTERS = np.array(list("ABDEFGHJLNPQRSTUWXYZ"))
# Ages today; three years earlier no suspect is under 11 and no victim under 10 (DOMAIN 4.6, P-14).
YOUNGEST_SUSPECT, YOUNGEST_VICTIM, OLDEST = 14, 13, 78
SUSPECT_FEMALE_SHARE = 0.2  # assumed
VICTIM_FEMALE_SHARE = 0.85  # VAWG counts women and girls; some victims in the same cases are not

# Which name pool stands for a census group; several pools are drawn in equal parts.
POOLS_OF_GROUP: dict[str, tuple[str, ...]] = {
    "white_british": ("british",),
    "white_irish": ("irish",),
    "white_gypsy_traveller": ("irish", "british"),
    "white_other": ("polish", "romanian", "lithuanian", "portuguese", "turkish"),
    "indian": ("south_asian",),
    "pakistani": ("pakistani",),
    "bangladeshi": ("pakistani",),
    "chinese": ("chinese",),
    "asian_other": ("south_asian", "vietnamese"),
    "black_african": ("west_african", "east_african"),
    "black_caribbean": ("british",),
    "black_other": ("british", "west_african"),
    "arab": ("pakistani",),
    "other": ("turkish", "portuguese", "pakistani"),
    "mixed": ("british",),
}


@dataclass(frozen=True, slots=True)
class Drawer:
    """What every draw needs: the tables, the seeded generator and the day it is."""

    tables: UkTables
    rng: np.random.Generator
    today: date


def draw_people(drawer: Drawer, *, areas: npt.NDArray[np.str_], kinds: npt.NDArray[np.str_]) -> pd.DataFrame:
    """Return one row for each given person, in order.

    Args:
        drawer: Tables, generator and date.
        areas: Police force area where each lives, shape (n,).
        kinds: SUSPECT, VICTIM or CHILD of each, shape (n,): whose age and sex it is drawn with.

    Returns:
        Columns forename, middle, surname, dob, dob_quality, sex, postcode, pncid.
    """
    rng, count = drawer.rng, len(areas)
    female_share = np.where(kinds == "SUSPECT", SUSPECT_FEMALE_SHARE, VICTIM_FEMALE_SHARE)
    sex = np.where(rng.random(count) < female_share, "F", "M")
    dob = _draw_births(drawer, kinds)
    pool = _draw_pools(drawer, areas)
    middle = _draw_forenames(drawer, pool=pool, sex=sex, dob=dob)
    people = pd.DataFrame(
        {
            "forename": _draw_forenames(drawer, pool=pool, sex=sex, dob=dob),
            "middle": np.where(rng.random(count) < MIDDLE_NAME_SHARE, middle, ""),
            "surname": _draw_surnames(drawer, pool),
            "dob": dob,
            "dob_quality": "EXACT",
            "sex": sex,
            "postcode": draw_postcodes(drawer, areas),
            "pncid": draw_pncids(drawer, count),
        }
    )
    return _add_kin(drawer, people, areas=areas, kinds=kinds)


def draw_postcodes(drawer: Drawer, areas: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """Return a postcode in each area: a real sector with an invented unit."""
    postcodes = np.full(len(areas), "", dtype=object)
    for area in np.unique(areas):
        here = areas == area
        sectors = drawer.tables.sectors[drawer.tables.sectors["pfa"] == area]
        share = sectors["n"].to_numpy() / sectors["n"].sum()
        postcodes[here] = drawer.rng.choice(sectors["sector"].to_numpy(), int(here.sum()), p=share)
    units = drawer.rng.choice(UNIT_LETTERS, (len(areas), 2))
    return np.array(
        [f"{postcode}{a}{b}" for postcode, (a, b) in zip(postcodes, units, strict=True)], dtype=object
    )


def draw_pncids(drawer: Drawer, count: int) -> npt.NDArray[np.str_]:
    """Return invented PNC identifiers in the short form NN/NNNNNNC with their check letter."""
    # The PNC began in 1974: years 30-59 lie before it or ahead, so no identifier is somebody's.
    years = drawer.rng.integers(30, 60, count)
    serials = drawer.rng.choice(999_999, count, replace=False) + 1
    return np.array([format_pncid(int(y), int(s)) for y, s in zip(years, serials, strict=True)], dtype=object)


def format_pncid(year: int, serial: int) -> str:
    """Return a PNC identifier with the modulus-23 check letter over year and seven-digit serial."""
    letters = "ZABCDEFGHJKLMNPQRTUVWXY"
    return f"{year:02d}/{serial:06d}{letters[int(f'{year:02d}{serial:07d}') % 23]}"


def _draw_births(drawer: Drawer, kinds: npt.NDArray[np.str_]) -> npt.NDArray[np.datetime64]:
    """Ages fall off from a young adult peak as a gamma distribution (assumed); children are 0-17."""
    youngest = np.where(kinds == "SUSPECT", YOUNGEST_SUSPECT, YOUNGEST_VICTIM)
    drawn = youngest + drawer.rng.gamma(2.2, 9.0, len(kinds))
    # Spread the few beyond the oldest age, or they would all share one date of birth.
    grown = np.where(drawn > OLDEST, drawer.rng.uniform(30, OLDEST, len(kinds)), drawn)
    ages = np.where(kinds == "CHILD", drawer.rng.uniform(0.1, 17.9, len(kinds)), grown)
    days = (ages * 365.25).astype("timedelta64[D]")
    return np.asarray(np.datetime64(drawer.today, "D") - days)


def _draw_pools(drawer: Drawer, areas: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    populations = drawer.tables.populations.set_index("pfa")
    pools = np.full(len(areas), "", dtype=object)
    groups = list(POOLS_OF_GROUP)
    for area in np.unique(areas):
        here = areas == area
        counts = populations.loc[area, groups].to_numpy(dtype=float)
        drawn = drawer.rng.choice(np.array(groups), int(here.sum()), p=counts / counts.sum())
        tickets = drawer.rng.random(len(drawn))
        pools[here] = [
            POOLS_OF_GROUP[group][int(ticket * len(POOLS_OF_GROUP[group]))]
            for group, ticket in zip(drawn, tickets, strict=True)
        ]
    return pools


def _draw_forenames(
    drawer: Drawer, *, pool: npt.NDArray[np.str_], sex: npt.NDArray[np.str_], dob: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.str_]:
    names = np.full(len(pool), "", dtype=object)
    british, others = drawer.tables.forenames, drawer.tables.pools
    cohorts = np.array(sorted(british["born_about"].unique()))
    years = dob.astype("datetime64[Y]").astype(int) + 1970
    nearest = cohorts[np.abs(years[:, None] - cohorts[None, :]).argmin(axis=1)]
    for one_sex in ("F", "M"):
        for cohort in cohorts:
            here = (pool == "british") & (sex == one_sex) & (nearest == cohort)
            chosen = british[(british["sex"] == one_sex) & (british["born_about"] == cohort)]
            share = chosen["weight"].to_numpy() / chosen["weight"].sum()
            names[here] = drawer.rng.choice(chosen["name"].to_numpy(), int(here.sum()), p=share)
        for other in np.unique(pool[pool != "british"]):
            here = (pool == other) & (sex == one_sex)
            fits = (
                (others["pool"] == other) & (others["part"] == "forename") & others["sex"].isin(["", one_sex])
            )
            names[here] = drawer.rng.choice(others.loc[fits, "name"].to_numpy(), int(here.sum()))
    return names


def _draw_surnames(drawer: Drawer, pool: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    names = np.full(len(pool), "", dtype=object)
    british, others = drawer.tables.surnames, drawer.tables.pools
    here = pool == "british"
    share = british["weight"].to_numpy() / british["weight"].sum()
    names[here] = drawer.rng.choice(british["name"].to_numpy(), int(here.sum()), p=share)
    for other in np.unique(pool[~here]):
        there = pool == other
        fits = (others["pool"] == other) & (others["part"] == "surname")
        names[there] = drawer.rng.choice(others.loc[fits, "name"].to_numpy(), int(there.sum()))
    return names


def _add_kin(
    drawer: Drawer, people: pd.DataFrame, *, areas: npt.NDArray[np.str_], kinds: npt.NDArray[np.str_]
) -> pd.DataFrame:
    """Turn a few people into relatives of others: same surname and home, own forename or own birth.

    Relatives are mostly known to the force of their home: pairs are drawn within an area, but for a
    named share that crosses areas, which is the harder case for linkage.
    """
    rng, count = drawer.rng, len(people)
    sizes = [round(share * count) for share in (SIBLING_SHARE, TWIN_SHARE, SAME_NAME_PARENT_SHARE)]
    order = rng.permutation(count)
    kin, hosts = order[: sum(sizes)], order[sum(sizes) : 2 * sum(sizes)]
    within = round(len(kin) * (1 - KIN_ACROSS_SHARE))
    kin[:within], hosts[:within] = _sort_by(areas, kin[:within]), _sort_by(areas, hosts[:within])
    mixed = rng.permutation(len(kin))  # or the kinds below would each fall into one area
    kin, hosts = kin[mixed], hosts[mixed]
    kind = np.repeat(np.array(["sibling", "twin", "parent"]), sizes)
    # Only between people of a kind, or a suspect could become the twin of a small child.
    alike = kinds[kin] == kinds[hosts]
    twins, parents = alike & (kind == "twin"), (kinds[kin] != "CHILD") & (kind == "parent")
    shared = {
        "surname": kind != "",
        "postcode": kind != "",
        "dob": twins,
        "forename": parents,
        "sex": parents,
    }
    out = people.copy()
    for column, whom in shared.items():
        values = people[column].to_numpy().copy()
        values[kin[whom]] = values[hosts[whom]]
        out[column] = values
    births = out["dob"].to_numpy().copy()
    older = (rng.integers(22, 36, int(parents.sum())) * 365).astype("timedelta64[D]")
    births[kin[parents]] = births[hosts[parents]] - older
    return out.assign(dob=births)


def _sort_by(areas: npt.NDArray[np.str_], numbers: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    return numbers[np.argsort(areas[numbers], kind="stable")]
