"""Sealed files of a round: whole, in order, under one key, and gone when they are erased."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crypto.errors import StorageError
from node.store.sealed_files import SealedFiles

KEY = b"k" * 32
SECTIONS = (b"first section", b"", b"third " * 1000)


@pytest.fixture
def files(tmp_path: Path) -> SealedFiles:
    files = SealedFiles(tmp_path / "rounds")
    files.store("round-1", "map", SECTIONS, key=KEY)
    return files


def read(files: SealedFiles, name: str = "map", key: bytes = KEY) -> tuple[bytes, ...]:
    return tuple(files.load("round-1", name, key=key))


def path_of(tmp_path: Path, name: str = "map") -> Path:
    return tmp_path / "rounds" / "round-1" / name


def test_sections_read_back_and_are_private_and_unreadable(files: SealedFiles, tmp_path: Path) -> None:
    assert read(files) == SECTIONS
    assert path_of(tmp_path).stat().st_mode & 0o777 == 0o600
    assert path_of(tmp_path).parent.stat().st_mode & 0o777 == 0o700
    assert b"section" not in path_of(tmp_path).read_bytes()


def test_the_same_sections_are_sealed_otherwise_each_time(files: SealedFiles, tmp_path: Path) -> None:
    before = path_of(tmp_path).read_bytes()
    files.store("round-1", "map", SECTIONS, key=KEY)
    assert read(files) == SECTIONS
    assert path_of(tmp_path).read_bytes() != before


def test_another_key_or_name_opens_nothing(files: SealedFiles, tmp_path: Path) -> None:
    path_of(tmp_path, "rows").write_bytes(path_of(tmp_path).read_bytes())
    for name, key in (("map", b"K" * 32), ("rows", KEY), ("absent", KEY)):
        with pytest.raises(StorageError, match="missing, damaged or sealed under another key"):
            read(files, name, key)


def _sealed_lengths(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        length = 4 + 12 + int.from_bytes(data[at : at + 4])
        yield length
        at += length


@pytest.mark.parametrize("damage", ["flip", "cut", "drop the last", "drop the first", "swap", "append"])
def test_a_damaged_file_is_refused(files: SealedFiles, tmp_path: Path, damage: str) -> None:
    path = path_of(tmp_path)
    data = path.read_bytes()
    first, second, _ = _sealed_lengths(data)
    damaged = {
        "flip": data[:-1] + bytes([data[-1] ^ 1]),
        "cut": data[:-1],
        "drop the last": data[: first + second],
        "drop the first": data[first:],
        "swap": data[first : first + second] + data[:first] + data[first + second :],
        "append": data + data[:first],
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(StorageError, match="missing, damaged or sealed under another key"):
        read(files)


def test_a_file_that_could_not_be_finished_leaves_the_earlier_one(files: SealedFiles, tmp_path: Path) -> None:
    def cut_off() -> Iterator[bytes]:
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left on device"):
        files.store("round-1", "map", cut_off(), key=KEY)
    assert read(files) == SECTIONS
    assert list(path_of(tmp_path).parent.iterdir()) == [path_of(tmp_path)]


def test_erasing_keeps_what_is_named_and_nothing_else(files: SealedFiles, tmp_path: Path) -> None:
    files.store("round-2", "map", SECTIONS, key=KEY)
    files.store("round-1", "rows", SECTIONS, key=KEY)
    for _ in range(2):  # twice is once
        files.erase_file("round-1", "rows")
    assert sorted(path.name for path in (tmp_path / "rounds" / "round-1").iterdir()) == ["map"]
    for _ in range(2):
        files.erase_rounds(keep={"round-2"})
    assert [path.name for path in (tmp_path / "rounds").iterdir()] == ["round-2"]
    files.erase_rounds()
    assert list((tmp_path / "rounds").iterdir()) == []


def test_erasing_where_nothing_was_ever_stored_does_nothing(tmp_path: Path) -> None:
    SealedFiles(tmp_path / "rounds").erase_rounds()
    assert list(tmp_path.iterdir()) == []
