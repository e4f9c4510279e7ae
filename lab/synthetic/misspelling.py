"""Ways in which one name becomes another on its way into a record: keys, ears, scanners, custom.

Layer: lab. Pure. Rules and pairs come from `lab/data`; only names that are to change are touched, and
each distinct name's outcomes are worked out once, so a million records cost little. gecko-syndata was
weighed and left out: see `docs/adr/0011-own-corruption-of-synthetic-records.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from lab.synthetic.uk_tables import load_uk_tables

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
VOWELS = frozenset("AEIOUY")
KEYBOARD_ROWS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
SHORTEST_CHANGED = 2

Change = Callable[[str, float], str]
"""A name and a number from 0 up to 1 that chooses among its outcomes."""


@dataclass(frozen=True, slots=True)
class LetterRule:
    """Replace a pattern: where it stands (ALL, START, MIDDLE, END) and what must stand beside it."""

    where: str
    old: str
    new: str
    before: str
    after: str

    def apply(self, word: str) -> str | None:
        """Return the word with the first fitting place changed, or None."""
        start = word.find(self.old)
        while start >= 0:
            end = start + len(self.old)
            if self._fits(word, start, end):
                return word[:start] + self.new + word[end:]
            start = word.find(self.old, start + 1)
        return None

    def _fits(self, word: str, start: int, end: int) -> bool:
        first, last = start == 0, end == len(word)
        stands = {"ALL": True, "START": first, "END": last, "MIDDLE": not first and not last}[self.where]
        return (
            stands
            and _is_kind(word[start - 1 : start], self.before)
            and _is_kind(word[end : end + 1], self.after)
        )


def _is_kind(letter: str, kind: str) -> bool:
    if not kind:
        return True
    return bool(letter) and (letter in VOWELS) == (kind == "V")


def _find_neighbours() -> dict[str, str]:
    neighbours: dict[str, set[str]] = {letter: set() for letter in LETTERS}
    places = {letter: (row, at) for row, keys in enumerate(KEYBOARD_ROWS) for at, letter in enumerate(keys)}
    for letter, (row, at) in places.items():
        for other, (other_row, other_at) in places.items():
            if other != letter and abs(row - other_row) <= 1 and abs(at - other_at) <= 1:
                neighbours[letter].add(other)
    return {letter: "".join(sorted(others)) for letter, others in neighbours.items()}


NEIGHBOURS: Mapping[str, str] = _find_neighbours()


def misspell(word: str, ticket: float) -> str:
    """Return the word with one slip of the keyboard: a neighbouring key, a letter lost, doubled, swapped.

    Args:
        word: In capitals; one without a letter A-Z after the first place is returned as it is.
        ticket: From 0 up to 1; chooses place and slip.
    """
    places = [at for at, letter in enumerate(word) if letter in NEIGHBOURS and at > 0]
    if len(word) < SHORTEST_CHANGED or not places:
        return word
    which = ticket * len(places)
    at, rest = places[int(which)], which % 1
    letter, keys = word[at], NEIGHBOURS[word[at]]
    kind, rest = int(rest * 4), rest * 4 % 1
    if kind == 0:
        return word[:at] + keys[int(rest * len(keys))] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + letter + word[at:]
    return word[: at - 1] + letter + word[at - 1] + word[at + 1 :]


@lru_cache(maxsize=1)
def _load_rules() -> Mapping[str, tuple[LetterRule, ...]]:
    table = load_uk_tables().letter_rules
    columns = ["where", "old", "new", "before", "after"]
    return {
        str(kind): tuple(LetterRule(*row) for row in part[columns].itertuples(index=False, name=None))
        for kind, part in table.groupby("kind")
    }


@lru_cache(maxsize=200_000)
def find_outcomes(word: str, kind: str) -> tuple[str, ...]:
    """Return what the rules of a kind (ocr, phonetic) make of a word, each outcome once."""
    made = (rule.apply(word) for rule in _load_rules()[kind])
    return tuple(dict.fromkeys(other for other in made if other and other != word and other[0] in LETTERS))


def mishear(word: str, ticket: float) -> str:
    """Return the word as somebody heard it, by one phonetic rule."""
    return choose(find_outcomes(word, "phonetic"), word, ticket)


def misread(word: str, ticket: float) -> str:
    """Return the word as a scanner read it, by one OCR rule."""
    return choose(find_outcomes(word, "ocr"), word, ticket)


def choose(others: Sequence[str], word: str, ticket: float) -> str:
    """Return one of the others, or the word itself where there is none."""
    return others[int(ticket * len(others))] if others else word


def make_lookup(names: pd.Series, others: pd.Series) -> Change:
    """Return a change that replaces a name with one of those that a table gives for it."""
    table: dict[str, list[str]] = {}
    for name, other in zip(names, others, strict=True):
        table.setdefault(str(name), []).append(str(other))
    return lambda word, ticket: choose(table.get(word, ()), word, ticket)


@lru_cache(maxsize=1)
def load_lookups() -> Mapping[str, Change]:
    """Return the table changes: nickname, forename and surname (spellings), romanisation."""
    tables = load_uk_tables()
    spelt = {str(part): frame for part, frame in tables.spellings.groupby("part")}
    return {
        "nickname": make_lookup(tables.nicknames["name"], tables.nicknames["nickname"]),
        "forename": make_lookup(spelt["forename"]["name"], spelt["forename"]["other"]),
        "surname": make_lookup(spelt["surname"]["name"], spelt["surname"]["other"]),
        "romanisation": make_lookup(tables.romanisations["name"], tables.romanisations["other"]),
    }


def change_some(
    values: pd.Series, share: float, change: Change, rng: np.random.Generator, *, among: object = True
) -> pd.Series:
    """Return a column in which a share of the values among those marked are changed."""
    chosen = (rng.random(len(values)) < share) & np.asarray(among)
    out = values.to_numpy(dtype=object).copy()
    tickets = rng.random(int(chosen.sum()))
    out[chosen] = [change(w, t) if w else w for w, t in zip(out[chosen], tickets, strict=True)]
    return pd.Series(out, index=values.index)
