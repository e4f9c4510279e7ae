"""Many values in one buffer, and which of them are distinct.

Layer: crypto. Pure. A dictionary of Python strings reaches for memory all over the heap for each entry; here
a column becomes one run of UTF-8 that is hashed and compared eight bytes at a time, for all values at once.
Two values count as equal only if their bytes are: hashing narrows the search and decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.intp]
Words = NDArray[np.uint64]

SEPARATOR = "\x1f"  # the unit separator; a value may hold it all the same
WORD_BYTES = 8
HASH_ROUNDS = 4  # each settles all but some 5% of what is left; crafted values may survive any number
_MASKS = np.array([(1 << (8 * size)) - 1 for size in range(WORD_BYTES + 1)], dtype=np.uint64)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, 2^64 over the golden ratio: spreads low bits to high ones


@dataclass(frozen=True, slots=True)
class Text:
    """Values as stretches of one UTF-8 buffer, which other columns may share.

    Attributes:
        data: The buffer, with at least eight bytes after the last value.
        starts: Where each value starts in ``data``.
        lengths: How many bytes each value has.
        continued: How many bytes before each place in ``data`` go on with a letter that another byte began;
            empty where there are none, as in ASCII.
    """

    data: NDArray[np.uint8]
    starts: Numbers
    lengths: Numbers
    continued: Numbers

    def take(self, which: Numbers | slice) -> "Text":
        """Return some of the values over the same buffer."""
        starts, lengths = self.starts[which], self.lengths[which]
        return replace(self, starts=np.ascontiguousarray(starts), lengths=np.ascontiguousarray(lengths))

    def to_values(self) -> list[str]:
        """Return the values as strings."""
        raw = self.data.tobytes()
        ends = (self.starts + self.lengths).tolist()
        spans = zip(self.starts.tolist(), ends, strict=True)
        return [raw[start:end].decode("utf-8", "surrogatepass") for start, end in spans]

    def find_beyond_ascii(self) -> Numbers:
        """Return the indices of values with letters beyond ASCII."""
        return np.flatnonzero(self.count_letters() < self.lengths)

    def count_letters(self) -> Numbers:
        """Return how many code points each value has."""
        if not len(self.continued):
            return self.lengths
        counts: Numbers = (
            self.lengths - self.continued[self.starts + self.lengths] + self.continued[self.starts]
        )
        return counts

    def to_text(self) -> str:
        """Return all values as one string, one after another."""
        bytes_ = self.data[expand_ranges(self.starts, self.lengths)]
        return bytes_.tobytes().decode("utf-8", "surrogatepass")

    def to_letters(self) -> NDArray[np.unsignedinteger]:
        """Return the code points of all values, one value after another."""
        if not len(self.find_beyond_ascii()):
            return self.data[expand_ranges(self.starts, self.lengths)]
        return np.frombuffer(self.to_text().encode("utf-32-le", "surrogatepass"), dtype="<u4")


def pack_text(values: Sequence[str]) -> Text:
    """Return values in one buffer, in their order."""
    joined = SEPARATOR.join(values).encode("utf-8", "surrogatepass")
    data = np.frombuffer(joined + SEPARATOR.encode() + bytes(WORD_BYTES), dtype=np.uint8)
    ends = np.flatnonzero(data == ord(SEPARATOR))
    if len(ends) != len(values):  # a value holds the separator, or there are no values
        sizes = (len(value.encode("utf-8", "surrogatepass")) for value in values)
        ends = np.cumsum(np.fromiter(sizes, np.intp, len(values)) + 1) - 1
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    is_continued = (data & 0xC0) == 0x80
    continued = np.cumsum(np.append(False, is_continued)) if is_continued.any() else ends[:0]
    return Text(data, starts, ends - starts, continued)


def find_distinct(text: Text) -> tuple[Numbers, Numbers]:
    """Return which values are the first of their kind, ascending, and each value's index among those.

    Values meet in the slots of a table by hash; whoever equals the first one in the slot is settled, the rest
    go on to another table. What a few rounds leave is compared as strings.
    """
    if not len(text.starts):
        return text.starts, text.starts
    words, hashes = _read_words(text)
    firsts = np.arange(len(text.starts))
    left = firsts.copy()
    for turn in range(HASH_ROUNDS):
        candidates = left[_meet(hashes[left], turn)]
        is_settled = _are_equal(text, words, left, candidates)
        firsts[left[is_settled]] = candidates[is_settled]
        left = left[~is_settled]
        if not len(left):
            break
    else:
        numbering: dict[str, int] = {}
        rest = zip(text.take(left).to_values(), left.tolist(), strict=True)
        firsts[left] = [numbering.setdefault(value, index) for value, index in rest]
    is_first = firsts == np.arange(len(firsts))
    return np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[firsts]


def expand_ranges(starts: Numbers, lengths: Numbers) -> Numbers:
    """Return the indices of ranges, one range after another."""
    skipped = np.cumsum(lengths) - lengths
    return np.repeat(starts - skipped, lengths) + np.arange(int(lengths.sum()))


def _read_words(text: Text) -> tuple[list[tuple[Numbers, Words]], Words]:
    """Return the values' eight-byte words by place, each with the values that are that long, and hashes."""
    at_any_byte = np.ndarray((len(text.data) - WORD_BYTES + 1,), "<u8", text.data, strides=(1,))
    word = at_any_byte[text.starts] & _MASKS[np.minimum(text.lengths, WORD_BYTES)]
    hashes = _mix(text.lengths.astype(np.uint64) * _MULTIPLIER, word)
    words = [(np.arange(len(word)), word)]
    live = np.flatnonzero(text.lengths > WORD_BYTES)
    for offset in count(WORD_BYTES, WORD_BYTES):
        if not len(live):
            break
        remaining = text.lengths[live] - offset
        word = at_any_byte[text.starts[live] + offset] & _MASKS[np.minimum(remaining, WORD_BYTES)]
        hashes[live] = _mix(hashes[live], word)
        words.append((live, word))
        live = live[remaining > WORD_BYTES]
    return words, hashes


def _mix(hashes: Words, word: Words) -> Words:
    mixed = (hashes ^ word) * _MULTIPLIER
    return mixed ^ (mixed >> np.uint64(32))


def _meet(hashes: Words, turn: int) -> Numbers:
    """Return for each hash the index of the first one in its slot; every turn has other slots."""
    size_bits = max(4, (2 * len(hashes)).bit_length())
    mixed = (hashes ^ (hashes >> np.uint64(29 + turn))) * (_MULTIPLIER + np.uint64(2 * turn))
    slots = (mixed >> np.uint64(64 - size_bits)).astype(np.intp)
    holders = np.empty(1 << size_bits, dtype=np.int32)  # fits a cache that 64 bits would not
    holders[slots[::-1]] = np.arange(len(hashes))[::-1]  # the last one written stays: the first of the slot
    return holders[slots].astype(np.intp)


def _are_equal(
    text: Text, words: list[tuple[Numbers, Words]], left: Numbers, right: Numbers
) -> NDArray[np.bool_]:
    """Return whether values are equal pair by pair, to the last byte."""
    lengths = text.lengths[left]
    _, by_value = words[0]
    equal = (lengths == text.lengths[right]) & (by_value[left] == by_value[right])
    pairs = np.flatnonzero(equal & (lengths > WORD_BYTES))
    by_value = np.empty_like(by_value)
    for offset, (live, word) in enumerate(words[1:], start=2):
        by_value[live] = word
        equal[pairs] &= by_value[left[pairs]] == by_value[right[pairs]]
        pairs = pairs[lengths[pairs] > offset * WORD_BYTES]
    return np.asarray(equal, dtype=np.bool_)
