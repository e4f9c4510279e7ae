"""Score guesses against the truth: how many people were named rightly.

Layer: lab. Pure.
"""

import numpy as np

from lab.attacks.observation import NOBODY, Flags, Guesses, Truth
from lab.attacks.results import Count


def count_hits(guesses: Guesses, truth: Truth) -> tuple[Count, Count, Count]:
    """Return re-identified people among listed ones, among resolved ones, and right rows among named ones.

    A record counts as re-identified when any of its rows is named rightly: the attacker may be lucky in
    one view only, and which one is for the attacker to find out. Known records count nowhere. A row of
    no record is padding; naming it is a mistake.
    """
    hit = np.zeros(len(truth.listed), dtype=np.bool_)
    shown = np.zeros(len(truth.listed), dtype=np.bool_)
    rows_right = rows_named = 0
    for guess, record in zip(guesses, truth.records, strict=True):
        is_padding = record == NOBODY
        is_known = ~is_padding & truth.known[record]
        is_named = (guess != NOBODY) & ~is_known
        is_right = is_named & ~is_padding & (guess == truth.listed[record])
        hit[record[is_right]] = True
        shown[record[~is_padding]] = True
        rows_right, rows_named = rows_right + int(is_right.sum()), rows_named + int(is_named.sum())
    could_be = shown & (truth.listed != NOBODY) & ~truth.known
    return _count(hit, could_be), _count(hit, could_be & truth.resolved), Count(rows_right, rows_named)


def find_chance(truth: Truth, people: int) -> float:
    """Return the share of listed records that naming every row at random would get right at least once.

    Args:
        truth: Who is behind the rows.
        people: On the list.
    """
    rows = np.zeros(len(truth.listed), dtype=np.int64)
    for record in truth.records:
        rows += np.bincount(record[record != NOBODY], minlength=len(rows))
    rows = rows[(rows > 0) & (truth.listed != NOBODY) & ~truth.known]
    return float(np.mean(1 - (1 - 1 / people) ** rows)) if len(rows) else 0.0


def _count(hit: Flags, could_be: Flags) -> Count:
    return Count(int((hit & could_be).sum()), int(could_be.sum()))
