"""Let names vary the way their origin makes them vary: romanisation, order, aliases, father's names.

Layer: lab. These are no errors: each spelling is right somewhere. Names of one origin differ between two
records much more often than others', which is what makes linkage unfair if nobody looks.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.misspelling import change_some, load_lookups
from lab.synthetic.names import ORIGINS
from lab.synthetic.parameters import OriginRates
from lab.synthetic.registry import SYSTEMS
from lab.synthetic.uk_tables import load_uk_tables

ARABIC_ORIGINS = ("arab", "pakistani", "bangladeshi", "east_african", "turkish")
EUROPEAN_ORIGINS = ("british", "irish", "polish", "romanian", "lithuanian", "portuguese", "turkish")
MOHAMMEDS = frozenset({"MOHAMMED", "MOHAMMAD", "MUHAMMAD", "MOHAMED", "MUHAMMED", "MOHAMAD"})
MENS_ENDINGS = (("SKA", "SKI"), ("CKA", "CKI"), ("IENE", "AS"), ("AITE", "AS"), ("YTE", "AS"))
GIVEN_JOINS = ("", " ", "-")

Flags = npt.NDArray[np.bool_]


def vary_names(names: pd.DataFrame, *, rates: OriginRates, rng: np.random.Generator) -> pd.DataFrame:
    """Return the names as one member came to write them, before any error.

    Args:
        names: Columns origin (of ORIGINS), system (of SYSTEMS), female, forename, middle, surname,
            other_surname, english (text; Chinese names in characters).
        rates: Shares of records.
        rng: Seeded generator.

    Returns:
        Columns forename, middle, surname.
    """
    out = names.copy()
    _romanise(out, rates, rng)
    _use_other_surnames(out, rates, rng)
    _respell_arabic(out, rates, rng)
    _give_mens_endings(out, rates, rng)
    _use_english_names(out, rates, rng)
    _swap(out, rates, rng)
    return out[["forename", "middle", "surname"]]


def _is_origin(out: pd.DataFrame, *wanted: str) -> Flags:
    return np.isin(out["origin"].to_numpy(), [ORIGINS.index(name) for name in wanted])


def _sometimes(out: pd.DataFrame, share: float, rng: np.random.Generator) -> Flags:
    return np.asarray(rng.random(len(out)) < share)


@lru_cache(maxsize=1)
def load_romanisations() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the spellings of each character under each system; pinyin where a system has none."""
    table = load_uk_tables().chinese
    spellings: dict[tuple[str, str], tuple[str, ...]] = {}
    columns = ["hanzi", "system", "name"]
    for hanzi, system, name in table[columns].drop_duplicates().itertuples(index=False, name=None):
        spellings[(hanzi, system)] = (*spellings.get((hanzi, system), ()), name)
    characters = {hanzi for hanzi, _ in spellings}
    return {(h, s): spellings.get((h, s)) or spellings[(h, SYSTEMS[0])] for h in characters for s in SYSTEMS}


def _romanise(out: pd.DataFrame, rates: OriginRates, rng: np.random.Generator) -> None:
    """Write Chinese names in letters: mostly under the person's own system, always its first spelling."""
    here = _is_origin(out, "chinese")
    count = int(here.sum())
    system = out["system"].to_numpy()[here].copy()
    other = rng.random(count) < rates.chinese_other_system
    system[other] = rng.integers(0, len(SYSTEMS), int(other.sum()))
    spellings = load_romanisations()

    def spell(column: str) -> list[str]:
        characters = out[column].to_numpy(dtype=object)[here]
        tickets = np.where(other, rng.random(count), 0.0)
        written = []
        for character, number, ticket in zip(characters, system, tickets, strict=True):
            options = spellings.get((character, SYSTEMS[number]), ("",))
            written.append(options[int(ticket * len(options))])
        return written

    joins = np.where(
        rng.random(count) < rates.chinese_given_split, rng.integers(1, len(GIVEN_JOINS), count), 0
    )
    given = [
        f"{first}{GIVEN_JOINS[join]}{second}" if second else first
        for first, second, join in zip(spell("forename"), spell("middle"), joins, strict=True)
    ]
    _set(out, "forename", here, given)
    for column in ("surname", "other_surname"):
        _set(out, column, here, spell(column))
    _set(out, "middle", here, [""] * count)


def _set(out: pd.DataFrame, column: str, where: Flags, values: object) -> None:
    changed = out[column].to_numpy(dtype=object).copy()
    changed[where] = values
    out[column] = changed


def _use_other_surnames(out: pd.DataFrame, rates: OriginRates, rng: np.random.Generator) -> None:
    """Record some people under their earlier, married, father's, mother's or religious surname."""
    has = (out["other_surname"] != "").to_numpy()
    father = _is_origin(out, "arab", "east_african")
    religious = _is_origin(out, "south_asian", "pakistani", "bangladeshi")
    iberian = _is_origin(out, "portuguese")
    share = np.select(
        [father, religious & ~out["female"].to_numpy(dtype=bool), iberian],
        [rates.patronymic_other, rates.religious_surname_used, rates.iberian_other_surname],
        rates.woman_other_surname,
    )
    share = np.where(
        religious & out["other_surname"].isin(["KAUR", "BEGUM"]), rates.religious_surname_used, share
    )
    used = has & (rng.random(len(out)) < share)
    joined = used & ~father & _sometimes(out, rates.hyphenated, rng)
    both = out["other_surname"] + "-" + out["surname"]
    out["surname"] = np.select([joined, used], [both, out["other_surname"]], out["surname"])


def _respell_arabic(out: pd.DataFrame, rates: OriginRates, rng: np.random.Generator) -> None:
    here = _is_origin(out, *ARABIC_ORIGINS)
    respell = load_lookups()["romanisation"]
    for column in ("forename", "middle", "surname"):
        out[column] = change_some(out[column], rates.arabic_respelt, respell, rng, among=here)
    first = out["forename"].isin(MOHAMMEDS).to_numpy() & (out["middle"] != "").to_numpy()
    dropped = first & _sometimes(out, rates.mohammed_dropped, rng)
    out["forename"] = np.where(dropped, out["middle"], out["forename"])
    out["middle"] = np.where(dropped, "", out["middle"])


def _give_mens_endings(out: pd.DataFrame, rates: OriginRates, rng: np.random.Generator) -> None:
    """Polish and Lithuanian women's surnames: the woman's ending, or the man's as British clerks write."""
    women = _is_origin(out, "polish", "lithuanian") & out["female"].to_numpy(dtype=bool)
    mans = _sometimes(out, rates.slavic_gender_ending, rng)

    def write(name: str, under_mans: bool) -> str:
        for womans_ending, mans_ending in MENS_ENDINGS:
            if under_mans and name.endswith(womans_ending):
                return name[: -len(womans_ending)] + mans_ending
        if not under_mans and name.endswith(("SKI", "CKI")):
            return name[:-1] + "A"
        return name

    pairs = zip(out["surname"].to_numpy(dtype=object)[women], mans[women], strict=True)
    _set(out, "surname", women, [write(name, bool(flag)) for name, flag in pairs])


def _use_english_names(out: pd.DataFrame, rates: OriginRates, rng: np.random.Generator) -> None:
    used = (out["english"] != "").to_numpy() & _sometimes(out, rates.english_alias_used, rng)
    # The given name moves into the middle, as many give both.
    out["middle"] = np.where(used, out["forename"], out["middle"])
    out["forename"] = np.where(used, out["english"], out["forename"])


def _swap(out: pd.DataFrame, rates: OriginRates, rng: np.random.Generator) -> None:
    """Record the family name as forename where it is said first at home."""
    share = np.zeros(len(ORIGINS))
    for origin in ORIGINS:
        own = f"{origin}_swapped"
        share[ORIGINS.index(origin)] = (
            rates.european_swapped if origin in EUROPEAN_ORIGINS else getattr(rates, own, 0.0)
        )
    swapped = rng.random(len(out)) < share[out["origin"].to_numpy()]
    forename, surname = out["forename"].to_numpy(dtype=object), out["surname"].to_numpy(dtype=object)
    both = swapped & (forename != "") & (surname != "")
    out["forename"], out["surname"] = np.where(both, surname, forename), np.where(both, forename, surname)
