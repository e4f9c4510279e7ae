"""Values into numbered tokens, each distinct token written once.

Layer: crypto. Pure. Values share n-grams, so whatever is costly about a token, its hash above all, is done
once per distinct token. Token numbers say nothing by themselves, but tables hold plain text: they live no
longer than the call that made them.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
from clkhash.comparators import AbstractComparison, NgramComparison
from numpy.typing import NDArray

from crypto.encoding.text import Numbers, Text

SPARSE = 16  # a lookup table this many times as long as what it numbers costs more than sorting


class MisfitError(ValueError):
    """A value cannot be encoded under its field's rules; ``index`` says which, the message nothing."""

    def __init__(self, index: int) -> None:
        super().__init__("a value does not fit its field")
        self.index = index


@dataclass(frozen=True, slots=True)
class TokenTable:
    """The tokens of many values, value after value.

    Attributes:
        tokens: Distinct tokens, in no particular order.
        ids: Index into ``tokens`` of every token of every value, in the value's order.
        counts: How many tokens each value has; ``ids`` is as long as their sum.
    """

    tokens: list[str]
    ids: Numbers
    counts: Numbers


def renumber(codes: Numbers, bound: int) -> tuple[Numbers, Numbers]:
    """Number codes without gaps.

    Args:
        codes: Numbers from 0 up to but not including ``bound``.
        bound: What all codes are below.

    Returns:
        For every code its new number, in ascending order of code; for every new number an index at which it
        stands in ``codes``.
    """
    if bound > SPARSE * len(codes):
        _, standing, ids = np.unique(codes, return_index=True, return_inverse=True)
        return ids, standing
    where = np.full(bound, -1, dtype=np.intp)
    where[codes] = np.arange(len(codes))
    present = np.flatnonzero(where >= 0)
    standing = where[present]
    where[present] = np.arange(len(present))
    return where[codes], standing


def tokenise(text: Text, comparator: AbstractComparison) -> TokenTable:
    """Return the tokens that clkhash's comparator makes of each value.

    Args:
        text: Formatted values; distinct ones, or work is done twice.
        comparator: The field's comparator from its clkhash schema.

    Raises:
        MisfitError: The comparator cannot read a value, as when it asks for a number.
    """
    if isinstance(comparator, NgramComparison):
        return tokenise_ngrams(text, comparator.n, positional=bool(comparator.positional))
    numbering: defaultdict[str, int] = defaultdict(count().__next__)
    lists = [_tokenise_value(index, value, comparator) for index, value in enumerate(text.to_values())]
    ids = np.fromiter(map(numbering.__getitem__, chain.from_iterable(lists)), np.intp)
    return TokenTable(list(numbering), ids, np.fromiter(map(len, lists), np.intp, len(lists)))


def tokenise_ngrams(text: Text, n: int, *, positional: bool) -> TokenTable:
    """Return the n-grams of each value, as clkhash's n-gram comparator makes them.

    Letters stand in one row, n - 1 blanks before, between and after the values, so that every window of n
    letters is an n-gram of one value. Windows become numbers letter by letter; each distinct one is cut once.

    Args:
        text: Formatted values; an empty one has no n-grams.
        n: Letters in an n-gram, at least 1.
        positional: Whether an n-gram carries its place in the value, counted from 1.
    """
    letters, lengths = text.to_letters(), text.count_letters()
    counts = np.where(lengths > 0, lengths + (n - 1), 0)
    if not len(letters):
        return TokenTable([], np.empty(0, dtype=np.intp), counts)
    row = _pad(letters, lengths[lengths > 0], n)
    codes, bound = _number_windows(row, n)
    places = None
    if positional:
        longest = int(counts.max())
        places = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
        codes, bound = codes * longest + places, bound * longest
    ids, standing = renumber(codes, bound)
    tokens = ["".join(map(chr, row[start : start + n].tolist())) for start in standing.tolist()]
    if places is not None:
        marks = (places[standing] + 1).tolist()
        tokens = [f"{mark} {token}" for mark, token in zip(marks, tokens, strict=True)]
    return TokenTable(tokens, ids, counts)


def _pad(letters: NDArray[np.unsignedinteger], lengths: Numbers, n: int) -> NDArray[np.unsignedinteger]:
    """Return the letters with n - 1 blanks before, between and after the values, none of which is empty."""
    if n == 1:
        return letters
    row = np.full(len(letters) + (n - 1) * (len(lengths) + 1), ord(" "), dtype=letters.dtype)
    shifts = np.repeat(np.arange(1, len(lengths) + 1) * (n - 1), lengths)
    row[np.arange(len(letters)) + shifts] = letters
    return row


def _number_windows(row: NDArray[np.unsignedinteger], n: int) -> tuple[Numbers, int]:
    """Return a number for each window of n letters, equal for equal windows, and what all are below."""
    windows = len(row) - n + 1
    ids, standing = renumber(row.astype(np.intp), int(row.max()) + 1)
    alphabet = len(standing)
    codes, bound = ids[:windows], alphabet
    for offset in range(1, n):
        if bound * alphabet > SPARSE * windows:  # this also keeps the product within 64 bits
            codes, standing = renumber(codes, bound)
            bound = len(standing)
        codes = codes * alphabet + ids[offset : offset + windows]
        bound *= alphabet
    return codes, bound


def _tokenise_value(index: int, value: str, comparator: AbstractComparison) -> tuple[str, ...]:
    try:
        return tuple(comparator.tokenize(value))
    except (ValueError, OverflowError):
        raise MisfitError(index) from None
