"""Keep everyone who shares a few values of a salt, so that blocks are as full as in the whole country.

Layer: lab. A thousand records drawn at random from millions have hardly two people in a block; what a
salted encoding gives away depends on how many share one. A slice draws some values of the salt, each
with the same chance, and keeps all who have them by their true data: the national density at small
size. People whom an error moves into a block from outside the slice are missing.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from crypto.encoding.sounds import get_soundex
from crypto.errors import InputError
from lab.synthetic.names import Words

Salt = Callable[[pd.DataFrame, Words], npt.NDArray[np.int64]]


def find_soundex(word: str) -> str:
    """Return the American Soundex code of a word in capitals; a character of another script is itself."""
    if not word[:1].isascii():
        return word[:1]
    return get_soundex(word)


def _number_sounds(words: Words) -> npt.NDArray[np.int64]:
    return np.asarray(pd.factorize(np.array([find_soundex(word) for word in words], dtype=object))[0])


def _number_initials(words: Words) -> npt.NDArray[np.int64]:
    return np.array([ord(word[0]) if word else 0 for word in words], dtype=np.int64)


def _years(people: pd.DataFrame) -> npt.NDArray[np.int64]:
    born = people["born"].to_numpy().astype("datetime64[D]")
    return born.astype("datetime64[Y]").astype(np.int64)


def _days_of_year(people: pd.DataFrame) -> npt.NDArray[np.int64]:
    born = people["born"].to_numpy().astype("datetime64[D]")
    months = born.astype("datetime64[M]")
    day: npt.NDArray[np.int64] = (born - months).astype(np.int64)
    return (months.astype(np.int64) % 12) * 31 + day


SALTS: Mapping[str, Salt] = {
    "dob": lambda people, _: people["born"].to_numpy().astype(np.int64),
    "surname-soundex-year": lambda people, words: (
        _number_sounds(words)[people["surname"]] * 1000 + _years(people)
    ),
    "surname-initial-year": lambda people, words: (
        _number_initials(words)[people["surname"]] * 1000 + _years(people)
    ),
    "forename-soundex-day": lambda people, words: (
        _number_sounds(words)[people["forename"]] * 1000 + _days_of_year(people)
    ),
}
"""Salt values by name, from people's true data: numbers that are equal when the values are."""


def select_slice(
    people: pd.DataFrame, words: Words, *, salt: str, count: int, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Return which people have one of `count` drawn values of a salt.

    Raises:
        InputError: There is no such salt.
    """
    if salt not in SALTS:
        raise InputError(f"slice salt: expected one of {', '.join(SALTS)}, got {salt}")
    values = SALTS[salt](people, words)
    distinct = np.unique(values)
    chosen = rng.choice(distinct, min(count, len(distinct)), replace=False)
    return np.isin(values, chosen)
