"""Draw everyone who could be on record: the true people, as numbers, one row each.

Layer: lab. Names come by cohort and origin, homes by police force area, ages so that offences meet
their targets. People are drawn independently of what they are suspected of: name origin never enters
offending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.names import (
    GROUPS,
    NOBODY,
    ORIGINS,
    ORIGINS_OF_GROUP,
    Bearers,
    NameBook,
    Numbers,
    load_name_book,
)
from lab.synthetic.parameters import Parameters
from lab.synthetic.uk_tables import UkTables, load_uk_tables

ROLES = ("SUSPECT", "VICTIM", "CHILD")
THEMES = ("stalking_harassment", "sexual", "violence", "non_crime")
WINDOW_DAYS = 1095
UNITS_PER_SECTOR = 400  # two letters of twenty
HOUSES = 150
# Three years earlier no suspect is under 11 and no victim under 10 (DOMAIN 4.6, P-14).
YOUNGEST_SUSPECT, OLDEST = 14, 78
YOUNGEST_VICTIM, SEXUAL_ADULT = 16, 20
AGE_SHAPE, AGE_SCALE = 2.2, 9.0  # assumed: ages fall off from a young adult peak as a gamma distribution
IMPUTED_HIGH = ("east_african", "arab")
IMPUTED_LOW = ("south_asian", "pakistani", "bangladeshi", "turkish", "vietnamese")
ALIAS_ORIGINS = ("chinese", "vietnamese", "west_african")
SYSTEMS = ("pinyin", "hk_cantonese", "wade_giles")


@dataclass(frozen=True, slots=True)
class Area:
    """One member's people to draw: how many of each role live there."""

    member: str
    area: str
    counts: Mapping[str, int]
    theme_shares: Sequence[float]


@dataclass(frozen=True, slots=True, eq=False)
class Drawer:
    """What drawing people needs."""

    parameters: Parameters
    tables: UkTables
    book: NameBook
    rng: np.random.Generator


def draw_registry(parameters: Parameters, areas: Sequence[Area], rng: np.random.Generator) -> pd.DataFrame:
    """Return the true people, grouped by area and role in the given order.

    Args:
        parameters: Rates and the day.
        areas: How many people of each role live where.
        rng: Seeded generator.

    Returns:
        Columns home (index of the area), role (of ROLES), theme (of THEMES, victims), anchor (days since
        the first event), female, group (of GROUPS), origin (of ORIGINS), born (days since 1970), imputed,
        forename, middle, surname, other_surname, english (numbers of the name book), system (of
        SYSTEMS), place (sector * UNITS_PER_SECTOR + unit), house, serial (of the PNC identifier).
    """
    drawer = Drawer(parameters, load_uk_tables(), load_name_book(), rng)
    people = pd.concat([_draw_area(drawer, index, area) for index, area in enumerate(areas)])
    people = people.reset_index(drop=True)
    people["serial"] = rng.permutation(len(people)).astype(np.int32)
    return people


def _draw_area(drawer: Drawer, index: int, area: Area) -> pd.DataFrame:
    rng, rates = drawer.rng, drawer.parameters.population
    role = np.repeat([ROLES.index(name) for name in area.counts], list(area.counts.values())).astype(np.int8)
    count = len(role)
    theme = rng.choice(len(THEMES), count, p=area.theme_shares).astype(np.int8)
    anchor = rng.integers(1, WINDOW_DAYS, count).astype(np.int16)
    female = rng.random(count) < _get_female_shares(drawer.parameters, role, theme)
    group, origin = _draw_origins(drawer, area.area, count)
    born, imputed = _draw_births(drawer, role=role, theme=theme, anchor=anchor, origin=origin)
    bearers = Bearers.born(origin, female, born)
    middle = drawer.book.draw_forenames(rng, bearers)
    return pd.DataFrame(
        {
            "home": np.full(count, index, dtype=np.int16),
            "role": role,
            "theme": theme,
            "anchor": anchor,
            "female": female,
            "group": group,
            "origin": origin,
            "born": born,
            "imputed": imputed,
            "forename": drawer.book.draw_forenames(rng, bearers),
            "middle": np.where(
                rng.random(count) < _get_middle_share(rates.middle_name, origin), middle, NOBODY
            ),
            "surname": drawer.book.draw_surnames(rng, origin, rare=rates.rare_surname),
            "other_surname": _draw_other_surnames(drawer, origin, female),
            "english": _draw_english_names(drawer, bearers),
            "system": _draw_systems(drawer, count),
            "place": draw_places(drawer.tables, rng, area.area, count),
            "house": rng.integers(1, HOUSES + 1, count).astype(np.int16),
        }
    )


def draw_places(tables: UkTables, rng: np.random.Generator, area: str, count: int) -> Numbers:
    """Return postcodes in an area as numbers: a real sector with an invented unit."""
    here = np.flatnonzero((tables.sectors["pfa"] == area).to_numpy())
    weights = tables.sectors["n"].to_numpy(dtype=float)[here]
    chosen = here[np.searchsorted(np.cumsum(weights / weights.sum())[:-1], rng.random(count), side="right")]
    return (chosen * UNITS_PER_SECTOR + rng.integers(0, UNITS_PER_SECTOR, count)).astype(np.int32)


def _get_female_shares(
    parameters: Parameters, role: npt.NDArray[np.int8], theme: npt.NDArray[np.int8]
) -> npt.NDArray[np.float64]:
    crimes = parameters.crimes
    by_theme = np.array(
        [
            crimes.other_victims_female,
            crimes.sexual_victims_female,
            crimes.da_victims_female,
            crimes.da_victims_female,
        ]
    )
    shares = np.where(role == ROLES.index("SUSPECT"), parameters.population.suspect_female, by_theme[theme])
    return np.where(role == ROLES.index("CHILD"), 0.5, shares)


def _draw_origins(drawer: Drawer, area: str, count: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    counts = drawer.tables.populations.set_index("pfa").loc[area, list(GROUPS)].to_numpy(dtype=float)
    group = drawer.rng.choice(len(GROUPS), count, p=counts / counts.sum()).astype(np.int8)
    most = max(len(origins) for origins in ORIGINS_OF_GROUP.values())
    table = np.array(
        [
            [ORIGINS.index(origins[ticket * len(origins) // most]) for ticket in range(most)]
            for origins in ORIGINS_OF_GROUP.values()
        ]
    )
    return group, table[group, drawer.rng.integers(0, most, count)].astype(np.int8)


def _draw_births(
    drawer: Drawer,
    *,
    role: npt.NDArray[np.int8],
    theme: npt.NDArray[np.int8],
    anchor: npt.NDArray[np.int16],
    origin: npt.NDArray[np.int8],
) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Victims of sexual offences are as old at their first event as S2 says, others adults mostly."""
    rng, crimes, count = drawer.rng, drawer.parameters.crimes, len(role)
    grown = rng.gamma(AGE_SHAPE, AGE_SCALE, count)
    ticket = rng.random(count)
    child, teenager = crimes.sexual_victims_10_14, crimes.sexual_victims_15_19
    sexual = np.select(
        [ticket < child, ticket < child + teenager],
        [rng.uniform(10, 15, count), rng.uniform(15, SEXUAL_ADULT, count)],
        SEXUAL_ADULT + grown,
    )
    then = np.where(theme == THEMES.index("sexual"), sexual, YOUNGEST_VICTIM + grown)
    age = np.where(role == ROLES.index("SUSPECT"), YOUNGEST_SUSPECT + grown, then + anchor / 365.25)
    # Spread the few beyond the oldest age, or they would all share one date of birth.
    age = np.where(age > OLDEST, rng.uniform(30, OLDEST, count), age)
    age = np.where(role == ROLES.index("CHILD"), rng.uniform(0.1, 17.9, count), age)
    today = int(np.datetime64(drawer.parameters.today, "D").astype(int))
    born = (today - np.ceil(age * 365.25)).astype(np.int32)
    rates = drawer.parameters.origins
    share = np.zeros(len(ORIGINS))
    share[[ORIGINS.index(name) for name in IMPUTED_HIGH]] = rates.birth_imputed_high
    share[[ORIGINS.index(name) for name in IMPUTED_LOW]] = rates.birth_imputed_low
    imputed = rng.random(count) < share[origin]
    return np.where(imputed, to_first_january(born), born).astype(np.int32), imputed


def to_first_january(born: Numbers) -> Numbers:
    """Return 1 January of each birth year, as days since 1970."""
    years = born.astype("datetime64[D]").astype("datetime64[Y]")
    return years.astype("datetime64[D]").astype(np.int32)


def _get_middle_share(usual: float, origin: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    # The second character of a Chinese given name is held here; most given names have two.
    return np.where(origin == ORIGINS.index("chinese"), 0.85, usual)


def _draw_other_surnames(
    drawer: Drawer, origin: npt.NDArray[np.int8], female: npt.NDArray[np.bool_]
) -> Numbers:
    """Return the second surname by which some people are known: earlier, father's or religious."""
    rng, rates = drawer.rng, drawer.parameters.origins
    other = drawer.book.draw_surnames(rng, origin, rare=drawer.parameters.population.rare_surname)
    words = {word: number for number, word in enumerate(drawer.book.words)}
    pairs = (
        ("south_asian", ("SINGH", "KAUR")),
        ("pakistani", ("KHAN", "BEGUM")),
        ("bangladeshi", ("MIAH", "BEGUM")),
    )
    for name, (man, woman) in pairs:
        religious = (origin == ORIGINS.index(name)) & (rng.random(len(origin)) < rates.religious_surname_held)
        other[religious & female] = words[woman]
        other[religious & ~female] = words[man]
        other[(origin == ORIGINS.index(name)) & ~religious & ~female] = NOBODY
    kept = ("arab", "east_african", "portuguese", *(name for name, _ in pairs))
    fathers = np.isin(origin, [ORIGINS.index(name) for name in kept])
    other[~fathers & (~female | (rng.random(len(origin)) >= rates.woman_other_held))] = NOBODY
    return other


def _draw_english_names(drawer: Drawer, bearers: Bearers) -> Numbers:
    has = np.isin(bearers.origin, [ORIGINS.index(name) for name in ALIAS_ORIGINS])
    has &= drawer.rng.random(len(has)) < drawer.parameters.origins.english_alias_held
    english = np.full(len(has), NOBODY, dtype=np.int32)
    british = np.zeros(int(has.sum()), dtype=np.int8)
    english[has] = drawer.book.draw_forenames(
        drawer.rng, Bearers(british, bearers.female[has], bearers.year[has])
    )
    return english


def _draw_systems(drawer: Drawer, count: int) -> npt.NDArray[np.int8]:
    rates = drawer.parameters.origins
    others = (rates.chinese_home_cantonese, rates.chinese_home_wade_giles)
    return drawer.rng.choice(len(SYSTEMS), count, p=[1 - sum(others), *others]).astype(np.int8)
