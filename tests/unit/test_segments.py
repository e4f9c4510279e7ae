"""Receiving a submission: exactly what was announced is kept, or nothing at all."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from coordinator.segments import SegmentDirectory
from crypto.errors import ClewError, InputError, StorageError
from protos.messages import SubmissionPart
from tests.support.rounds_builder import make_round
from tests.support.scripted_member import Upload, arrange_upload

ENCODING_BYTES = 128
TOKENS = [hashlib.sha256(bytes([n])).digest()[:16] for n in range(40)]
ENCODINGS = [bytes([n]) * ENCODING_BYTES for n in range(40)]
GOOD = arrange_upload(make_round(), TOKENS, ENCODINGS)
FIRST, SECOND, THIRD = GOOD.chunks


async def _stream(parts: Iterable[SubmissionPart]) -> AsyncIterator[SubmissionPart]:
    for part in parts:
        yield part


def _receive(root: Path, upload: Upload, parts: Iterable[SubmissionPart] | None = None) -> SegmentDirectory:
    directory = SegmentDirectory(root)
    chunks = [SubmissionPart(chunk=chunk) for chunk in upload.chunks] if parts is None else parts
    asyncio.run(directory.receive(upload.header, _stream(chunks), encoding_bytes=ENCODING_BYTES))
    return directory


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def _announce(**fields: object) -> Upload:
    return replace(GOOD, header=replace(GOOD.header, **fields))  # type: ignore[arg-type]


def test_received_submission_reads_back_in_order_and_is_private(tmp_path: Path) -> None:
    directory = _receive(tmp_path, GOOD)
    digest, round_id = GOOD.header.content_digest, GOOD.header.round_id
    segment = directory.get_segment(round_id, digest, len(TOKENS), ENCODING_BYTES)
    assert segment.read_tokens() == TOKENS
    assert [row.tobytes() for row in segment.map_encodings()] == ENCODINGS
    (path,) = _files(tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name == digest
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("upload", "code", "message"),
    [
        (
            replace(GOOD, chunks=(FIRST, SECOND)),
            "TRUNCATED_UPLOAD",
            "expected 40 records as announced, got 32: the upload was cut off; send it again",
        ),
        (replace(GOOD, chunks=()), "TRUNCATED_UPLOAD", "expected 40 records as announced, got 0"),
        (
            replace(GOOD, chunks=(FIRST, FIRST, SECOND, THIRD)),
            "CHUNK_ORDER",
            "expected chunk 1, got chunk 0 (repeated or out of order); start the upload again",
        ),
        (replace(GOOD, chunks=(FIRST, THIRD, SECOND)), "CHUNK_ORDER", "expected chunk 1, got chunk 2"),
        (
            replace(GOOD, chunks=(FIRST, replace(SECOND, encodings=bytes(16 * 64)), THIRD)),
            "ENCODING_LENGTH",
            "chunk 1: expected encodings of 128 bytes each; encode with the agreement's schema",
        ),
        (
            replace(GOOD, chunks=(FIRST, replace(SECOND, tokens=FIRST.tokens), THIRD)),
            "REPEATED_TOKEN",
            "chunk 1: a record token is repeated",
        ),
        (
            replace(GOOD, chunks=(replace(FIRST, tokens=TOKENS[0] * 16), SECOND, THIRD)),
            "REPEATED_TOKEN",
            "chunk 0: a record token is repeated",
        ),
        (_announce(record_count=39), "TOO_MANY_RECORDS", "expected 39 records as announced, got more"),
        (
            _announce(content_digest="0" * 64),
            "CONTENT_DIGEST",
            "the content digest differs from the announced",
        ),
        (
            replace(GOOD, chunks=(FIRST, replace(SECOND, encodings=bytes(16 * 128)), THIRD)),
            "CONTENT_DIGEST",
            "the upload was altered on its way; send it again",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_wrong_upload_is_refused_and_nothing_is_kept(
    tmp_path: Path, upload: Upload, code: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        _receive(tmp_path, upload)
    assert caught.value.code == code
    assert message in caught.value.public_message
    assert _files(tmp_path) == []


def test_second_header_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    parts = [SubmissionPart(chunk=FIRST), SubmissionPart(header=GOOD.header)]
    with pytest.raises(InputError, match="expected chunks after the header, got a second header"):
        _receive(tmp_path, GOOD, parts)
    assert _files(tmp_path) == []


def test_broken_connection_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[SubmissionPart]:
        yield SubmissionPart(chunk=FIRST)
        raise asyncio.CancelledError

    directory = SegmentDirectory(tmp_path)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(directory.receive(GOOD.header, broken(), encoding_bytes=ENCODING_BYTES))
    assert _files(tmp_path) == []


def test_full_disk_is_a_storage_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="the submission could not be kept: No space left on device"):
        _receive(tmp_path, GOOD)
    assert _files(tmp_path) == []


def test_wrong_upload_does_not_touch_what_is_durable(tmp_path: Path) -> None:
    _receive(tmp_path, GOOD)
    with pytest.raises(ClewError):
        _receive(tmp_path, replace(GOOD, chunks=GOOD.chunks[:-1]))
    assert [path.name for path in _files(tmp_path)] == [GOOD.header.content_digest]


def test_erased_round_leaves_neither_files_nor_folder(tmp_path: Path) -> None:
    directory = _receive(tmp_path, GOOD)
    for _ in range(2):  # a crash repeats the step
        directory.erase_rounds()
        assert list(tmp_path.iterdir()) == []


def test_what_a_cut_off_upload_left_of_an_earlier_round_goes_with_the_next(tmp_path: Path) -> None:
    directory = _receive(tmp_path, GOOD)
    stray = tmp_path / "an-earlier-round" / "draft-0011.encodings"
    stray.parent.mkdir()
    stray.write_bytes(b"encodings")
    directory.erase_rounds()
    assert list(tmp_path.iterdir()) == []


def test_discarded_segment_leaves_the_others(tmp_path: Path) -> None:
    other = arrange_upload(make_round(), TOKENS[:5], ENCODINGS[:5])
    directory = _receive(tmp_path, GOOD)
    _receive(tmp_path, other)
    directory.discard(GOOD.header.round_id, GOOD.header.content_digest)
    assert [path.name for path in _files(tmp_path)] == [other.header.content_digest]
    directory.discard(GOOD.header.round_id, other.header.content_digest)
    assert list(tmp_path.iterdir()) == []
