"""Search files and byte strings for planted values in every form they could leak in.

Layer: lab. Threat answered: personal data that reached the coordinator's database, write-ahead log,
segments, logs or messages. A finding names the canary by its label and never repeats its value, so
that the report of a leak is not one. Finding nothing is evidence only beside a positive control: the
caller plants a leak and expects it back.

Every needle is found by its first four bytes: a table of those prefixes is looked up for all places
of a block at once, and only the few survivors are compared. It reads about 100 MB in a few seconds.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from crypto.errors import InputError, StorageError
from lab.canary_forms import Canary, Needle, derive_needles

PREFIX_BYTES = 4
TABLE_BITS = 20
HASH_MULTIPLIER = np.uint32(2_654_435_761)  # Knuth's multiplicative hash, 2^32 / golden ratio
BLOCK_BYTES = 1 << 20  # fits the second-level cache together with its hashes
MAX_FILE_BYTES = 1 << 30  # a file is held in memory whole while it is searched
MAX_INFLATED_BYTES = 1 << 28  # of one file's compressed members together
MAX_NESTING = 3  # compressed inside compressed
INFLATE_STEP_BYTES = 1 << 16
COMPRESSED_START = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Leak:
    """A planted value found where it must not be.

    Attributes:
        path: File, or the name the caller gave a byte string.
        canary_label: Which canary; its value is not repeated.
        encoding: The form it was found in; `gzip > utf-8` where it was inside a compressed member.
        offset: Byte offset in the file, of the compressed member where there is one; 0 for a file name.
    """

    path: str
    canary_label: str
    encoding: str
    offset: int


class LeakSearch:
    """The needles of a set of canaries, ready to be looked for in any number of places.

    Args:
        canaries: What to look for.
        block_bytes: How much is looked at in one step; a leak across a border is found all the same.

    Raises:
        InputError: A canary is too short to be distinctive, or its kind is not known.
    """

    def __init__(self, canaries: Sequence[Canary], *, block_bytes: int = BLOCK_BYTES) -> None:
        self._block_bytes = block_bytes
        self._by_prefix: dict[bytes, list[Needle]] = defaultdict(list)
        self._table = np.zeros(1 << TABLE_BITS, dtype=bool)
        for needle in derive_needles(canaries):
            self._by_prefix[needle.pattern[:PREFIX_BYTES]].append(needle)
        for prefix in self._by_prefix:
            self._table[_hash_prefixes(np.frombuffer(prefix, dtype="<u4"))] = True

    def find_in_trees(self, roots: Iterable[Path]) -> list[Leak]:
        """Return every leak in the given files and in all files, and names of files, below folders.

        Symbolic links are not followed; their names are searched.

        Raises:
            InputError: A root does not exist, or a file is too large to be searched whole.
            StorageError: A file cannot be read.
        """
        leaks: list[Leak] = []
        for root in roots:
            if not root.exists():
                raise InputError(f"expected a file or folder to search, {root} does not exist")
            for path in [root] if root.is_file() else sorted(root.rglob("*")):
                name = path.name.encode(errors="surrogateescape")
                leaks += [Leak(str(path), n.label, f"file name {n.encoding}", 0) for n, _ in self._scan(name)]
                if path.is_file() and not path.is_symlink():
                    leaks += self.find_in_bytes(_read_whole(path), name=str(path))
        return leaks

    def find_in_bytes(self, data: bytes, *, name: str) -> list[Leak]:
        """Return every leak in a byte string, compressed members included.

        Args:
            data: What to search.
            name: What to call it in the findings.

        Raises:
            InputError: Its compressed members grow beyond what can be searched.
        """
        leaks = [Leak(name, needle.label, needle.encoding, place) for needle, place in self._scan(data)]
        budget = MAX_INFLATED_BYTES
        pending = [("", 0, data, 1)]
        while pending:
            outer, outer_place, blob, depth = pending.pop()
            for wrapper, place, inflated in _inflate_members(blob):
                budget -= len(inflated)
                if budget < 0:
                    raise InputError(
                        f"{name}: compressed members exceed {MAX_INFLATED_BYTES} bytes, not searched"
                    )
                way, where = f"{outer}{wrapper} > ", outer_place if outer else place
                leaks += [Leak(name, n.label, way + n.encoding, where) for n, _ in self._scan(inflated)]
                if depth < MAX_NESTING:
                    pending.append((way, where, inflated, depth + 1))
        return leaks

    def _scan(self, data: bytes) -> Iterator[tuple[Needle, int]]:
        for start in range(0, len(data), self._block_bytes):
            block = memoryview(data)[start : start + self._block_bytes + PREFIX_BYTES - 1]
            for place in self._find_prefixes(block):
                at = start + int(place)
                for needle in self._by_prefix.get(data[at : at + PREFIX_BYTES], ()):
                    if data.startswith(needle.pattern, at) and not _is_inside_hex(data, needle, at):
                        yield needle, at

    def _find_prefixes(self, block: memoryview) -> npt.NDArray[np.intp]:
        """Return the places of a block where some needle may start, in order."""
        found = []
        for shift in range(PREFIX_BYTES):
            count = (len(block) - shift) // PREFIX_BYTES
            if count > 0:
                words = np.frombuffer(block, dtype="<u4", count=count, offset=shift)
                found.append(np.flatnonzero(self._table[_hash_prefixes(words)]) * PREFIX_BYTES + shift)
        return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.intp)


def _hash_prefixes(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    return np.asarray((words * HASH_MULTIPLIER) >> np.uint32(32 - TABLE_BITS))


def _is_inside_hex(data: bytes, needle: Needle, at: int) -> bool:
    """Say whether a digits-only hit is part of longer hexadecimal text, where chance makes dates."""
    end = at + len(needle.pattern)
    if not needle.needs_border or at == 0 or end >= len(data):
        return False
    return data[at - 1] in HEX_DIGITS and data[end] in HEX_DIGITS


def _inflate_members(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield wrapper, offset and content of everything that inflates, cut members included."""
    for start in COMPRESSED_START.finditer(data):
        wrapper = "gzip" if start.group().startswith(b"\x1f") else "zlib"
        inflated = _inflate(data, start.start(), wbits=31 if wrapper == "gzip" else 15)
        if len(inflated) >= PREFIX_BYTES:
            yield wrapper, start.start(), inflated


def _inflate(data: bytes, start: int, *, wbits: int) -> bytes:
    inflater = zlib.decompressobj(wbits)
    out: list[bytes] = []
    size, at = 0, start
    while at < len(data) and not inflater.eof and size <= MAX_INFLATED_BYTES:
        try:
            piece = inflater.decompress(data[at : at + INFLATE_STEP_BYTES], MAX_INFLATED_BYTES)
        except zlib.error:
            # Most starts are chance; what came out before the fault is searched like the rest.
            break
        out.append(piece)
        size += len(piece)
        at += INFLATE_STEP_BYTES
    return b"".join(out)


def _read_whole(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputError(f"{path}: expected at most {MAX_FILE_BYTES} bytes to search, got {size}")
        return path.read_bytes()
    except FileNotFoundError:
        # A journal may go while a live store is searched; what is gone holds nothing.
        return b""
    except OSError as error:
        raise StorageError(f"{path} cannot be read, so it cannot be searched") from error
