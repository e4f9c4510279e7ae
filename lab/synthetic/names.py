"""Names as numbers: one vocabulary and a weighted draw for each origin, sex and cohort.

Layer: lab. A million people hold three names each; numbers into one vocabulary keep that small and let
numpy draw them at once. Chinese names are held as characters, because each record romanises them anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from lab.synthetic.uk_tables import UkTables, load_uk_tables

Numbers = npt.NDArray[np.int32]
Words = npt.NDArray[np.object_]

ORIGINS = (
    "british", "irish", "polish", "romanian", "lithuanian", "portuguese", "turkish", "south_asian",
    "pakistani", "bangladeshi", "chinese", "vietnamese", "west_african", "east_african", "arab",
)  # fmt: skip
# Which origins stand for a census group; several are drawn in equal parts.
ORIGINS_OF_GROUP: Mapping[str, tuple[str, ...]] = {
    "white_british": ("british",),
    "white_irish": ("irish",),
    "white_gypsy_traveller": ("irish", "british"),
    "white_other": ("polish", "romanian", "lithuanian", "portuguese", "turkish"),
    "indian": ("south_asian",),
    "pakistani": ("pakistani",),
    "bangladeshi": ("bangladeshi",),
    "chinese": ("chinese",),
    "asian_other": ("south_asian", "vietnamese"),
    "black_african": ("west_african", "east_african"),
    "black_caribbean": ("british",),
    "black_other": ("british", "west_african"),
    "arab": ("arab",),
    "other": ("turkish", "portuguese", "arab"),
    "mixed": ("british",),
}
GROUPS = tuple(ORIGINS_OF_GROUP)
NOBODY = -1  # no name, no relative
RARE_STEM_LETTERS = 4
RARE_ENDINGS = ("WORTH", "LEY", "TON", "FIELD", "BY", "COMBE", "STEAD", "WICK", "HURST", "FORD", "BURN",
    "MORE", "GATE", "LAND", "BROOK", "HAM")  # fmt: skip
HANZI_RANK_OFFSET = 2.7  # frequency behind a rank goes as 1 / (rank + 2.7), as for English names


@dataclass(frozen=True, slots=True, eq=False)
class Lottery:
    """Numbers to draw with given weights."""

    numbers: Numbers
    cumulative: npt.NDArray[np.float64]

    def draw(self, rng: np.random.Generator, count: int) -> Numbers:
        """Return `count` numbers."""
        places = np.searchsorted(self.cumulative, rng.random(count), side="right")
        return self.numbers[np.minimum(places, len(self.numbers) - 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Bearers:
    """People to name, one place each: origin (of ORIGINS), sex and year of birth."""

    origin: npt.NDArray[np.int8]
    female: npt.NDArray[np.bool_]
    year: Numbers

    @classmethod
    def born(cls, origin: npt.NDArray[np.int8], female: npt.NDArray[np.bool_], days: Numbers) -> "Bearers":
        """Return bearers by their days of birth since 1970."""
        years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int32)
        return cls(origin, female, (years + 1970).astype(np.int32))


@dataclass(frozen=True, slots=True, eq=False)
class NameBook:
    """Every name that a person can have.

    Attributes:
        words: The vocabulary; number NOBODY means no name and reads the last, empty word.
        forenames: Lottery by origin, sex (F, M) and birth cohort (0 where cohorts do not matter).
        surnames: Lottery by origin.
        cohorts: Years about which the British cohorts were born, ascending.
    """

    words: Words
    forenames: Mapping[tuple[str, str, int], Lottery]
    surnames: Mapping[str, Lottery]
    cohorts: npt.NDArray[np.int64]

    def draw_forenames(self, rng: np.random.Generator, bearers: Bearers) -> Numbers:
        """Return a forename for each person by origin, sex and, for British names, cohort."""
        nearest = self.cohorts[np.abs(bearers.year[:, None] - self.cohorts[None, :]).argmin(axis=1)]
        drawn = np.full(len(bearers.origin), NOBODY, dtype=np.int32)
        for (name, sex, cohort), lottery in self.forenames.items():
            here = (bearers.origin == ORIGINS.index(name)) & (bearers.female == (sex == "F"))
            here &= (nearest == cohort) | (cohort == 0)
            drawn[here] = lottery.draw(rng, int(here.sum()))
        return drawn

    def draw_surnames(
        self, rng: np.random.Generator, origin: npt.NDArray[np.int8], *, rare: float
    ) -> Numbers:
        """Return a surname for each person; a share of British ones is made up and rare."""
        drawn = np.full(len(origin), NOBODY, dtype=np.int32)
        for name, lottery in self.surnames.items():
            if name in ORIGINS:
                here = origin == ORIGINS.index(name)
                drawn[here] = lottery.draw(rng, int(here.sum()))
        made_up = (origin == ORIGINS.index("british")) & (rng.random(len(origin)) < rare)
        drawn[made_up] = self.surnames["rare"].draw(rng, int(made_up.sum()))
        return drawn


class _Vocabulary:
    """Gives each distinct word its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def make_lottery(self, names: pd.Series, weights: pd.Series) -> Lottery:
        numbers = [self.numbers.setdefault(str(name), len(self.numbers)) for name in names]
        shares = weights.to_numpy(dtype=float)
        return Lottery(np.array(numbers, dtype=np.int32), np.cumsum(shares / shares.sum()))


@lru_cache(maxsize=1)
def load_name_book() -> NameBook:
    """Build the name book from the reference tables once in a process."""
    tables, vocabulary = load_uk_tables(), _Vocabulary()
    british = tables.forenames
    forenames = {
        ("british", str(sex), int(str(cohort))): vocabulary.make_lottery(part["name"], part["weight"])
        for (sex, cohort), part in british.groupby(["sex", "born_about"])
    }
    surnames = {"british": vocabulary.make_lottery(tables.surnames["name"], tables.surnames["weight"])}
    surnames["rare"] = _make_rare_surnames(tables, vocabulary)
    for origin in set(tables.pools["pool"]) - {"chinese"}:
        pool = tables.pools[tables.pools["pool"] == origin]
        held = pool[pool["part"] == "surname"]
        surnames[origin] = vocabulary.make_lottery(held["name"], held["weight"])
        for sex in ("F", "M"):
            fits = pool[(pool["part"] == "forename") & pool["sex"].isin(["", sex])]
            forenames[(origin, sex, 0)] = vocabulary.make_lottery(fits["name"], fits["weight"])
    surnames["chinese"] = _make_hanzi(tables, vocabulary, "surname")
    for sex in ("F", "M"):
        forenames[("chinese", sex, 0)] = _make_hanzi(tables, vocabulary, "given")
    words = np.array([*vocabulary.numbers, ""], dtype=object)
    order = {key: forenames[key] for key in sorted(forenames)}
    return NameBook(
        words, order, {key: surnames[key] for key in sorted(surnames)}, np.unique(british["born_about"])
    )


def _make_rare_surnames(tables: UkTables, vocabulary: _Vocabulary) -> Lottery:
    """Join beginnings and endings of real surnames to names that hardly anybody has."""
    known = set(tables.surnames["name"])
    stems = sorted({n[:RARE_STEM_LETTERS] for n in known if n.isalpha() and len(n) > RARE_STEM_LETTERS + 1})
    joined = pd.Series([stem + ending for stem in stems for ending in RARE_ENDINGS])
    joined = joined[~joined.isin(known)]
    return vocabulary.make_lottery(joined, pd.Series(np.ones(len(joined))))


def _make_hanzi(tables: UkTables, vocabulary: _Vocabulary, part: str) -> Lottery:
    hanzi = tables.chinese.loc[tables.chinese["part"] == part, "hanzi"].drop_duplicates()
    return vocabulary.make_lottery(hanzi, pd.Series(1.0 / (np.arange(1, len(hanzi) + 1) + HANZI_RANK_OFFSET)))
