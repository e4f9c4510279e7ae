"""A round's rows on disk: immutable segment files named by their content hash.

Layer: coordinator. One segment is one batch of a member's submission: all tokens, then all block tokens,
then all encodings of the first view, then those of the second and so on. It appears under its name only
when it is complete and durable, and goes when its round closes.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from coordinator.rounds import Round
from crypto.encoding.view_schema import ViewLayout
from crypto.errors import InputError, StorageError
from protos.hosting.files import PRIVATE_MODE, make_home, sync_directory
from protos.messages import TOKEN_BYTES, SubmissionChunk, SubmissionHeader, SubmissionPart, split_tokens

Layout = tuple[ViewLayout, ...]
COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    """One durable batch, mapped into memory when it is read.

    Attributes:
        path: The file.
        records: Rows of each view.
        layout: The views of the round's linkage schema.
    """

    path: Path
    records: int
    layout: Layout

    def read_tokens(self, view: int) -> list[bytes]:
        """Return the row tokens of a view in order."""
        return split_tokens(self.map_tokens(view).tobytes())

    def map_tokens(self, view: int) -> NDArray[np.uint8]:
        """Return the row tokens of a view as a read-only memory map, shape (records, 16)."""
        return self._map(self._offset(view), TOKEN_BYTES)

    def map_blocks(self, view: int) -> NDArray[np.uint8]:
        """Return the block tokens of a view, shape (records, 16); (records, 0) in one without blocks."""
        return self._map(self._offset(view) + self.records * TOKEN_BYTES, _block_bytes(self.layout[view]))

    def map_encodings(self, view: int) -> NDArray[np.uint8]:
        """Return the encodings of a view as a read-only memory map, shape (records, encoding_bytes)."""
        before = TOKEN_BYTES + _block_bytes(self.layout[view])
        return self._map(self._offset(view) + self.records * before, self.layout[view].encoding_bytes)

    def _offset(self, view: int) -> int:
        return self.records * sum(_row_bytes(earlier) for earlier in self.layout[:view])

    def _map(self, offset: int, width_bytes: int) -> NDArray[np.uint8]:
        if not width_bytes:
            return np.empty((self.records, 0), dtype=np.uint8)
        return np.memmap(
            self.path, dtype=np.uint8, mode="r", offset=offset, shape=(self.records, width_bytes)
        )


class SegmentDirectory:
    """Segments by round and member, below one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        make_home(root)

    def get_folder(self, round_id: str) -> Path:
        """Return where everything of a round lies."""
        return self._root / round_id

    def list_segments(self, current: Round, member: str, layout: Layout) -> list[Segment]:
        """Return a member's durable batches in a round, in order."""
        folder = self.get_folder(current.round_id)
        batches = current.members[member].batches
        return [Segment(folder / batch.content_digest, batch.records, layout) for batch in batches]

    async def receive(
        self,
        header: SubmissionHeader,
        parts: AsyncIterator[SubmissionPart],
        *,
        layout: Layout,
        earlier: Sequence[Segment] = (),
    ) -> None:
        """Write a batch's chunks; it exists under its digest once this returns.

        Args:
            header: What is announced.
            parts: The chunks.
            layout: The views of the round's linkage schema.
            earlier: The member's batches so far, whose row tokens must not come again.

        Raises:
            InputError: A chunk is out of order or repeated, of a view before its turn, has encodings or block
                tokens of another length, the upload ends early or brings more than announced, tokens
                repeat, or the digest differs. Nothing is kept.
        """
        directory = self._root / header.round_id
        make_home(directory)
        draft = _Draft(directory, header, layout)
        try:
            async for part in parts:
                if part.chunk is None:
                    raise InputError("expected chunks after the header, got a second header")
                draft.add(part.chunk)
            await asyncio.to_thread(draft.finish, earlier)
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
    """A batch being received: tokens, blocks and encodings of the present view grow apart and are joined."""

    def __init__(self, directory: Path, header: SubmissionHeader, layout: Layout) -> None:
        stem = f"draft-{secrets.token_hex(8)}"
        self._header = header
        self._layout = layout
        self._target = directory / header.content_digest
        self._paths = [directory / f"{stem}.{kind}" for kind in ("rows", "blocks", "encodings")]
        self._streams = [_create(path) for path in self._paths]
        self._view, self._index, self._rows = 0, 0, 0

    def add(self, chunk: SubmissionChunk) -> None:
        self._check_place(chunk)
        rows = len(chunk.tokens) // TOKEN_BYTES
        view = self._layout[chunk.view]
        _check_lengths(chunk, rows, view)
        if self._rows + rows > self._header.record_count:
            raise InputError(
                f"expected {self._header.record_count} records as announced, got more",
                code="TOO_MANY_RECORDS",
            )
        for stream, data in zip(self._streams, (chunk.tokens, chunk.blocks, chunk.encodings), strict=True):
            stream.write(data)
        self._rows += rows
        self._index += 1

    def _check_place(self, chunk: SubmissionChunk) -> None:
        """Check that a chunk is the next one, and begin its view when that is its first."""
        if chunk.view == self._view + 1 and chunk.view < len(self._layout):
            self._require_whole_view()
            self._join_view()
            self._view, self._index, self._rows = chunk.view, 0, 0
        if chunk.view != self._view:
            raise InputError(
                f"expected a chunk of view {self._view} of {len(self._layout)} or the next, got one of view "
                f"{chunk.view}; send the views in the schema's order",
                code="VIEW_ORDER",
            )
        if chunk.index != self._index:
            raise InputError(
                f"expected chunk {self._index}, got chunk {chunk.index} (repeated or out of order); "
                "start the upload again",
                code="CHUNK_ORDER",
            )

    def _require_whole_view(self) -> None:
        if self._rows != self._header.record_count:
            raise InputError(
                f"expected {self._header.record_count} rows in every view, got {self._rows} in view "
                f"{self._view}; every record has one row in each view",
                code="UNEQUAL_VIEWS",
            )

    def _join_view(self) -> None:
        """Put the view's blocks and encodings behind its tokens."""
        rows = self._streams[0]
        for stream in self._streams[1:]:
            stream.seek(0)
            while data := stream.read(COPY_BYTES):
                rows.write(data)
            stream.seek(0)
            stream.truncate()

    def finish(self, earlier: Sequence[Segment]) -> None:
        expected = (len(self._layout) - 1, self._header.record_count)
        if (self._view, self._rows) != expected:
            raise InputError(
                f"expected {self._header.record_count} records as announced, got {self._rows} in view "
                f"{self._view} of {len(self._layout)}: the upload was cut off; send it again",
                code="TRUNCATED_UPLOAD",
            )
        self._join_view()
        self._streams[0].flush()
        os.fsync(self._streams[0].fileno())
        _require_new_tokens([*earlier, Segment(self._paths[0], self._header.record_count, self._layout)])
        if _digest_file(self._paths[0]) != self._header.content_digest:
            raise InputError(
                "the content digest differs from the announced one: the upload was altered on its way; "
                "send it again",
                code="CONTENT_DIGEST",
            )
        self._paths[0].replace(self._target)
        sync_directory(self._target.parent)

    def discard(self) -> None:
        for stream, path in zip(self._streams, self._paths, strict=True):
            stream.close()
            path.unlink(missing_ok=True)


def _check_lengths(chunk: SubmissionChunk, rows: int, view: ViewLayout) -> None:
    if len(chunk.encodings) != rows * view.encoding_bytes:
        raise InputError(
            f"chunk {chunk.index}: expected encodings of {view.encoding_bytes} bytes each in view "
            f"{view.name}; encode with the agreement's schema",
            code="ENCODING_LENGTH",
        )
    if len(chunk.blocks) != rows * _block_bytes(view):
        raise InputError(
            f"chunk {chunk.index}: expected block tokens of {_block_bytes(view)} bytes each in view "
            f"{view.name}; encode with the agreement's schema",
            code="BLOCK_LENGTH",
        )


def _require_new_tokens(segments: Sequence[Segment]) -> None:
    for view in range(len(segments[0].layout)):
        tokens = np.concatenate([segment.map_tokens(view) for segment in segments])
        # As strings of one length, which ends in zeros cannot make equal.
        if len(np.unique(np.ascontiguousarray(tokens).view(f"S{TOKEN_BYTES}"))) != len(tokens):
            raise InputError(f"a row token is repeated in view {view}", code="REPEATED_TOKEN")


def _block_bytes(view: ViewLayout) -> int:
    return TOKEN_BYTES if view.has_blocks else 0


def _row_bytes(view: ViewLayout) -> int:
    return TOKEN_BYTES + _block_bytes(view) + view.encoding_bytes


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_MODE), "w+b")


def _digest_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
