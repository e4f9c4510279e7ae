"""Receiving a batch of a submission: exactly what was announced is kept, or nothing at all."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from coordinator.rounds import Batch, Participation
from coordinator.segments import Segment, SegmentDirectory
from crypto.encoding.view_schema import ViewLayout
from crypto.errors import ClewError, InputError, StorageError
from protos.messages import SubmissionPart
from tests.support.rounds_builder import make_round
from tests.support.scripted_member import Upload, View, arrange_upload, arrange_views

PLAIN = (ViewLayout("record", 128, has_blocks=False, bar=0.0),)
TOKENS = [hashlib.sha256(bytes([n])).digest()[:16] for n in range(40)]
ENCODINGS = [bytes([n]) * 128 for n in range(40)]
GOOD = arrange_upload(make_round(), TOKENS, ENCODINGS)
FIRST, SECOND, THIRD = GOOD.chunks

LAYOUT = (
    ViewLayout("names-year", 64, has_blocks=True, bar=0.5),
    ViewLayout("dob-outcode", 64, has_blocks=True, bar=0.5),
    ViewLayout("wide", 128, has_blocks=False, bar=0.7),
)


def make_view(number: int, rows: int = 20, *, start: int = 0) -> View:
    """Return rows of one view of :data:`LAYOUT` that no other view or start has."""
    view = LAYOUT[number]
    tokens = [hashlib.sha256(bytes([number, start + n])).digest()[:16] for n in range(rows)]
    blocks = [hashlib.sha256(token).digest()[: 16 * view.has_blocks] for token in tokens]
    return tokens, blocks, [token * (view.encoding_bytes // 16) for token in tokens]


VIEWS = [make_view(number) for number in range(3)]
UNTIED = arrange_views(make_round(), VIEWS)
A0, A1, B0, B1, C0, C1 = UNTIED.chunks


async def _stream(parts: Iterable[SubmissionPart]) -> AsyncIterator[SubmissionPart]:
    for part in parts:
        yield part


def _receive(
    root: Path,
    upload: Upload,
    parts: Iterable[SubmissionPart] | None = None,
    earlier: tuple[Segment, ...] = (),
) -> SegmentDirectory:
    directory = SegmentDirectory(root)
    layout = LAYOUT if upload.chunks and upload.chunks[0].blocks else PLAIN
    chunks = [SubmissionPart(chunk=chunk) for chunk in upload.chunks] if parts is None else parts
    asyncio.run(directory.receive(upload.header, _stream(chunks), layout=layout, earlier=earlier))
    return directory


def _segment(root: Path, upload: Upload) -> Segment:
    layout = LAYOUT if upload.chunks[0].blocks else PLAIN
    batch = Batch(upload.header.record_count, upload.header.content_digest)
    current = make_round(members={"essex": Participation(batches=(batch,))})
    (segment,) = SegmentDirectory(root).list_segments(current, "essex", layout)
    return segment


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def _announce(upload: Upload, **fields: object) -> Upload:
    return replace(upload, header=replace(upload.header, **fields))  # type: ignore[arg-type]


def _with(*chunks: object) -> Upload:
    return replace(UNTIED, chunks=chunks)


def test_received_submission_reads_back_in_order_and_is_private(tmp_path: Path) -> None:
    _receive(tmp_path, GOOD)
    segment = _segment(tmp_path, GOOD)
    assert segment.read_tokens(0) == TOKENS
    assert [row.tobytes() for row in segment.map_encodings(0)] == ENCODINGS
    assert segment.map_blocks(0).shape == (40, 0)
    (path,) = _files(tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name == GOOD.header.content_digest
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_every_view_of_a_submission_reads_back(tmp_path: Path) -> None:
    _receive(tmp_path, UNTIED)
    segment = _segment(tmp_path, UNTIED)
    for number, (tokens, blocks, encodings) in enumerate(VIEWS):
        assert segment.read_tokens(number) == tokens
        assert [row.tobytes() for row in segment.map_blocks(number)] == blocks
        assert [row.tobytes() for row in segment.map_encodings(number)] == encodings
    (path,) = _files(tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == UNTIED.header.content_digest


@pytest.mark.parametrize(
    ("upload", "code", "message"),
    [
        (
            replace(GOOD, chunks=(FIRST, SECOND)),
            "TRUNCATED_UPLOAD",
            "expected 40 records as announced, got 32 in view 0 of 1: the upload was cut off; send it again",
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
            "chunk 1: expected encodings of 128 bytes each in view record; encode with the agreement's",
        ),
        (
            replace(GOOD, chunks=(FIRST, replace(SECOND, blocks=bytes(16 * 16)), THIRD)),
            "BLOCK_LENGTH",
            "chunk 1: expected block tokens of 0 bytes each in view record; encode with the agreement's",
        ),
        (
            arrange_upload(make_round(), [*TOKENS[:39], TOKENS[0]], ENCODINGS),
            "REPEATED_TOKEN",
            "a row token is repeated in view 0",
        ),
        (_announce(GOOD, record_count=39), "TOO_MANY_RECORDS", "expected 39 records as announced, got more"),
        (
            _announce(GOOD, content_digest="0" * 64),
            "CONTENT_DIGEST",
            "the content digest differs from the announced",
        ),
        (
            replace(GOOD, chunks=(FIRST, replace(SECOND, encodings=bytes(16 * 128)), THIRD)),
            "CONTENT_DIGEST",
            "the upload was altered on its way; send it again",
        ),
        (
            _with(B0, B1, A0, A1, C0, C1),
            "UNEQUAL_VIEWS",
            "expected 20 rows in every view, got 0 in view 0; every record has one row in each view",
        ),
        (_with(A0, B0, B1, C0, C1), "UNEQUAL_VIEWS", "expected 20 rows in every view, got 16 in view 0"),
        (
            _with(A0, A1, C0, C1),
            "VIEW_ORDER",
            "expected a chunk of view 0 of 3 or the next, got one of view 2; send the views in the schema's",
        ),
        (_with(A0, A1, B0, B1, A0), "VIEW_ORDER", "expected a chunk of view 1 of 3 or the next, got one of"),
        (
            _with(A0, A1, B0, B1, C0, C1, replace(C0, view=3)),
            "VIEW_ORDER",
            "expected a chunk of view 2 of 3 or the next, got one of view 3",
        ),
        (_with(A0, A1, B1), "CHUNK_ORDER", "expected chunk 0, got chunk 1"),
        (_with(A0, A1, B0, B1), "TRUNCATED_UPLOAD", "got 20 in view 1 of 3: the upload was cut off"),
        (
            _with(A0, A1, replace(B0, blocks=b"")),
            "BLOCK_LENGTH",
            "chunk 0: expected block tokens of 16 bytes each in view dob-outcode",
        ),
        (
            _with(A0, A1, replace(B0, blocks=bytes(17))),
            "BLOCK_LENGTH",
            "chunk 0: expected block tokens of 16 bytes each",
        ),
        (
            _with(A0, A1, B0, B1, replace(C0, encodings=bytes(16 * 64))),
            "ENCODING_LENGTH",
            "chunk 0: expected encodings of 128 bytes each in view wide",
        ),
        (
            arrange_views(make_round(), [VIEWS[0], (VIEWS[0][0][:1] * 20, *VIEWS[1][1:]), VIEWS[2]]),
            "REPEATED_TOKEN",
            "a row token is repeated in view 1",
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


def test_a_later_batch_must_not_bring_an_earlier_token_again(tmp_path: Path) -> None:
    _receive(tmp_path, UNTIED)
    first = _segment(tmp_path, UNTIED)
    fresh = arrange_views(make_round(), [make_view(n, 4, start=20) for n in range(3)], batch=1)
    mixed = [make_view(0, 4, start=20), make_view(1, 4, start=20), make_view(2, 4, start=19)]
    _receive(tmp_path, fresh, earlier=(first,))
    with pytest.raises(InputError, match="a row token is repeated in view 2"):
        _receive(tmp_path, arrange_views(make_round(), mixed, batch=1), earlier=(first,))
    kept = {UNTIED.header.content_digest, fresh.header.content_digest}
    assert {path.name for path in _files(tmp_path)} == kept


def test_second_header_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    parts = [SubmissionPart(chunk=FIRST), SubmissionPart(header=GOOD.header)]
    with pytest.raises(InputError, match="expected chunks after the header, got a second header"):
        _receive(tmp_path, GOOD, parts)
    assert _files(tmp_path) == []


def test_broken_connection_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[SubmissionPart]:
        for chunk in (A0, A1, B0):
            yield SubmissionPart(chunk=chunk)
        raise asyncio.CancelledError

    directory = SegmentDirectory(tmp_path)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(directory.receive(UNTIED.header, broken(), layout=LAYOUT))
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
