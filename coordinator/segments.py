"""A round's encodings on disk: immutable segment files named by their content hash.

Layer: coordinator. One segment is one member's submission: all tokens, then all encodings. It appears
under its name only when it is complete and durable, and goes when its round closes.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from crypto.errors import InputError, StorageError
from protos.hosting.files import PRIVATE_MODE, make_home, sync_directory
from protos.messages import TOKEN_BYTES, SubmissionChunk, SubmissionHeader, SubmissionPart


@dataclass(frozen=True, slots=True)
class Segment:
    """One member's durable submission, mapped into memory when it is read."""

    path: Path
    records: int
    encoding_bytes: int

    def read_tokens(self) -> list[bytes]:
        """Return the record tokens in order."""
        with self.path.open("rb") as stream:
            data = stream.read(self.records * TOKEN_BYTES)
        return [data[i : i + TOKEN_BYTES] for i in range(0, len(data), TOKEN_BYTES)]

    def map_encodings(self) -> NDArray[np.uint8]:
        """Return the encodings as a read-only memory map, shape (records, encoding_bytes)."""
        return np.memmap(
            self.path,
            dtype=np.uint8,
            mode="r",
            offset=self.records * TOKEN_BYTES,
            shape=(self.records, self.encoding_bytes),
        )


class SegmentDirectory:
    """Segments by round and member, below one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        make_home(root)

    def get_segment(self, round_id: str, content_digest: str, records: int, encoding_bytes: int) -> Segment:
        """Return a durable segment of a round."""
        return Segment(self._root / round_id / content_digest, records, encoding_bytes)

    async def receive(
        self, header: SubmissionHeader, parts: AsyncIterator[SubmissionPart], *, encoding_bytes: int
    ) -> None:
        """Write a submission's chunks; it exists under its digest once this returns.

        Raises:
            InputError: A chunk is out of order or repeated, has encodings of another length, the upload
                ends early or brings more than announced, tokens repeat, or the digest differs. Nothing
                is kept.
        """
        directory = self._root / header.round_id
        make_home(directory)
        # Tokens and encodings arrive interleaved but are stored apart, so two drafts are joined.
        draft = _Draft(directory, header, encoding_bytes)
        try:
            async for part in parts:
                if part.chunk is None:
                    raise InputError("expected chunks after the header, got a second header")
                draft.add(part.chunk)
            await asyncio.to_thread(draft.finish)
        except OSError as error:
            raise StorageError(f"the submission could not be kept: {error.strerror}") from error
        finally:
            draft.discard()

    def discard(self, round_id: str, content_digest: str) -> None:
        """Delete a received segment that the round did not take."""
        directory = self._root / round_id
        (directory / content_digest).unlink(missing_ok=True)
        with suppress(OSError):  # other members' segments are in it
            directory.rmdir()

    def erase_rounds(self) -> None:
        """Delete every file of every round.

        Only one round runs at a time, so what else lies here is of an upload that was cut off between
        its last byte and its place in a round that has ended since.
        """
        for directory in self._root.iterdir():
            with suppress(FileNotFoundError):  # an upload that was refused meanwhile removed it itself
                for path in directory.iterdir():
                    path.unlink(missing_ok=True)
                directory.rmdir()
        sync_directory(self._root)


class _Draft:
    """A submission being received: two growing files that become one segment."""

    def __init__(self, directory: Path, header: SubmissionHeader, encoding_bytes: int) -> None:
        stem = f"draft-{secrets.token_hex(8)}"
        self._header = header
        self._encoding_bytes = encoding_bytes
        self._target = directory / header.content_digest
        self._paths = (directory / f"{stem}.tokens", directory / f"{stem}.encodings")
        self._tokens, self._encodings = (_create(path) for path in self._paths)
        self._seen: set[bytes] = set()
        self._next_index = 0

    def add(self, chunk: SubmissionChunk) -> None:
        tokens = [chunk.tokens[i : i + TOKEN_BYTES] for i in range(0, len(chunk.tokens), TOKEN_BYTES)]
        if chunk.index != self._next_index:
            raise InputError(
                f"expected chunk {self._next_index}, got chunk {chunk.index} (repeated or out of order); "
                "start the upload again",
                code="CHUNK_ORDER",
            )
        if len(chunk.encodings) != len(tokens) * self._encoding_bytes:
            raise InputError(
                f"chunk {chunk.index}: expected encodings of {self._encoding_bytes} bytes each; "
                "encode with the agreement's schema",
                code="ENCODING_LENGTH",
            )
        if len(self._seen) + len(tokens) > self._header.record_count:
            raise InputError(
                f"expected {self._header.record_count} records as announced, got more",
                code="TOO_MANY_RECORDS",
            )
        before = len(self._seen)
        self._seen.update(tokens)
        if len(self._seen) != before + len(tokens):
            raise InputError(f"chunk {chunk.index}: a record token is repeated", code="REPEATED_TOKEN")
        self._tokens.write(chunk.tokens)
        self._encodings.write(chunk.encodings)
        self._next_index += 1

    def finish(self) -> None:
        if len(self._seen) != self._header.record_count:
            raise InputError(
                f"expected {self._header.record_count} records as announced, got {len(self._seen)}: the "
                "upload was cut off; send it again",
                code="TRUNCATED_UPLOAD",
            )
        self._encodings.flush()
        with self._paths[1].open("rb") as rest:
            while block := rest.read(1 << 20):
                self._tokens.write(block)
        self._tokens.flush()
        os.fsync(self._tokens.fileno())
        if _digest_file(self._paths[0]) != self._header.content_digest:
            raise InputError(
                "the content digest differs from the announced one: the upload was altered on its way; "
                "send it again",
                code="CONTENT_DIGEST",
            )
        self._paths[0].replace(self._target)
        sync_directory(self._target.parent)

    def discard(self) -> None:
        for stream, path in zip((self._tokens, self._encodings), self._paths, strict=True):
            stream.close()
            path.unlink(missing_ok=True)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE), "wb")


def _digest_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
