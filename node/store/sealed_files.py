"""Files of one round that only the linkage key of its step opens.

Layer: node.store. A file is a row of sections, each sealed with AES-256-GCM under the round's map key with
its name, its place and whether it is the last bound in, so that none can be moved, left out or taken from
another file (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár 2015, with random nonces).
A file appears under its name when it is complete and durable. Threat: a copy of the node's store, a backup
or a freed block of its disk that is read after the round is over.
"""

import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.canonical import canonical_bytes
from crypto.errors import StorageError
from protos.hosting.files import PRIVATE_MODE, make_home, sync_directory

NONCE_BYTES = 12  # random: far fewer than 2**32 sections are ever sealed under one round's key
LENGTH_BYTES = 4


class SealedFiles:
    """Sealed files by round and name, below one directory that is made when it is needed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def store(self, round_id: str, name: str, sections: Iterable[bytes], *, key: bytes) -> None:
        """Write a file in one step, durable before it is visible; an earlier one of the name is replaced.

        Raises:
            StorageError: It cannot be written; the earlier one, if any, is untouched.
        """
        folder = self._root / round_id
        make_home(self._root)
        make_home(folder)
        draft = folder / f".{name}.{secrets.token_hex(4)}"
        try:
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE), "wb"
            ) as stream:
                _write_sections(stream, name, sections, AESGCM(key))
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(folder / name)
            sync_directory(folder)
        except OSError as error:
            raise StorageError(f"cannot write {folder / name}: {error.strerror}") from error
        finally:
            draft.unlink(missing_ok=True)

    def load(self, round_id: str, name: str, *, key: bytes) -> Iterator[bytes]:
        """Yield a file's sections in order.

        Raises:
            StorageError: It is missing or damaged, or the key is not the one it was sealed under.
        """
        path = self._root / round_id / name
        try:
            with path.open("rb") as stream:
                yield from _read_sections(stream, name, AESGCM(key))
        except (OSError, InvalidTag, EOFError) as error:
            raise StorageError(
                f"{path} is missing, damaged or sealed under another key; this round cannot be gone on with"
            ) from error

    def erase_file(self, round_id: str, name: str) -> None:
        """Delete one file, if it is there."""
        (self._root / round_id / name).unlink(missing_ok=True)

    def erase_rounds(self, *, keep: Collection[str] = ()) -> None:
        """Delete every file of every round but those to keep, also what a crash left half-written."""
        if not self._root.exists():
            return
        for folder in self._root.iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)
        sync_directory(self._root)


def _write_sections(stream: BinaryIO, name: str, sections: Iterable[bytes], cipher: AESGCM) -> None:
    for index, (section, following) in enumerate(pairwise(chain(sections, [None]))):
        nonce = secrets.token_bytes(NONCE_BYTES)
        place = _bind(name, index, is_last=following is None)
        sealed = cipher.encrypt(nonce, section or b"", place)
        stream.write(len(sealed).to_bytes(LENGTH_BYTES) + nonce + sealed)


def _read_sections(stream: BinaryIO, name: str, cipher: AESGCM) -> Iterator[bytes]:
    index, is_last = 0, False
    size = os.fstat(stream.fileno()).st_size
    while not is_last:
        length = int.from_bytes(_read_exactly(stream, LENGTH_BYTES))
        nonce, sealed = _read_exactly(stream, NONCE_BYTES), _read_exactly(stream, length)
        is_last = stream.tell() == size
        yield cipher.decrypt(nonce, sealed, _bind(name, index, is_last=is_last))
        index += 1


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data


def _bind(name: str, index: int, *, is_last: bool) -> bytes:
    return canonical_bytes({"name": name, "section": index, "last": is_last})
