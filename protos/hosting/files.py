"""Files that hold secrets or must not be half-written.

Layer: protos.hosting. Threat: a secret readable by another account on the machine, or a crash that
leaves half a file. Secrets are created with mode 0600 and refused when anyone else can read them.
"""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crypto.errors import InputError, StateError, StorageError

PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o644
HOME_MODE = 0o700


def make_home(path: Path) -> None:
    """Create a service's home directory, readable by its owner only.

    Raises:
        StorageError: It cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=HOME_MODE)
        path.chmod(HOME_MODE)
    except OSError as error:
        raise StorageError(f"cannot create {path}: {error.strerror}") from error


@contextmanager
def locked_home(path: Path) -> Iterator[None]:
    """Hold a service's home for this process alone, because two writers would fork its log.

    Raises:
        StateError: Another process holds it.
    """
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
    try:
        _lock(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def write_file(path: Path, data: bytes, *, mode: int = PUBLIC_MODE) -> None:
    """Replace a file in one step, durable before it is visible.

    Raises:
        StorageError: The file cannot be written; the old one, if any, is untouched.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def write_private(path: Path, data: bytes) -> None:
    """Write a secret with mode 0600; raises as :func:`write_file` does."""
    write_file(path, data, mode=PRIVATE_MODE)


def read_file(path: Path) -> bytes:
    """Read a file.

    Raises:
        InputError: It does not exist or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def read_private(path: Path) -> bytes:
    """Read a secret.

    Raises:
        InputError: It cannot be read, or others than its owner can read it too.
    """
    data = read_file(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InputError(f"{path} can be read by others than its owner; run: chmod 600 {path}")
    return data


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StateError(
            f"{path} is in use by another process; stop that one first", code="HOME_IN_USE"
        ) from error


def sync_directory(path: Path) -> None:
    """Make a rename or deletion in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
