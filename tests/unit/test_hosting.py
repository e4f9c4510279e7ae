"""What a process stands on: private files, a durable database, policed logs, strict configuration."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from coordinator.config import CoordinatorConfig
from crypto.errors import InputError, StateError, StorageError
from protos.hosting.config import load_config, store_config
from protos.hosting.database import erase_history, open_database, require_database
from protos.hosting.events import generate_event_id
from protos.hosting.files import (
    locked_home,
    make_home,
    read_file,
    read_private,
    write_file,
    write_private,
)
from protos.hosting.logs import ALLOWED_FIELDS, MAX_FIELD_CHARS, describe_failure, open_log, police_fields

CANARY = "Wilhelmina Thistlethwaite 1987-03-14"
REPOSITORY = Path(__file__).parents[2]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_home_is_closed_to_others_even_when_it_was_open(tmp_path: Path) -> None:
    home = tmp_path / "outer" / "home"
    home.mkdir(parents=True, mode=0o755)
    make_home(home)
    assert _mode(home) == 0o700


def test_home_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot create .*/file/home: Not a directory"):
        make_home(tmp_path / "file" / "home")


def test_secret_is_written_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private(tmp_path / "secret.key", b"secret")
    finally:
        os.umask(before)
    assert _mode(tmp_path / "secret.key") == 0o600
    assert read_private(tmp_path / "secret.key") == b"secret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_secret_that_others_could_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret.key"
    write_private(path, b"secret")
    path.chmod(mode)
    with pytest.raises(InputError, match=r"can be read by others than its owner; run: chmod 600 /"):
        read_private(path)


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*/absent: No such file or directory"):
        read_file(tmp_path / "absent")


def test_failed_write_keeps_the_old_file_and_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    write_file(path, b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match=r"cannot write .*/state\.json: No space left on device"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_home_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    in_use = pytest.raises(StateError, match="is in use by another process; stop that one first")
    with locked_home(tmp_path), in_use as caught, locked_home(tmp_path):
        pass
    assert caught.value.code == "HOME_IN_USE"
    with locked_home(tmp_path):
        assert _mode(tmp_path / "lock") == 0o600


METADATA = sa.MetaData()
NOTE = sa.Table("note", METADATA, sa.Column("text", sa.LargeBinary))


def _pragma(engine: sa.Engine, name: str) -> object:
    with engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("secure_delete", 1),
        ("foreign_keys", 1),
        ("busy_timeout", 10_000),
    ],
)
def test_database_is_durable_and_really_deletes(tmp_path: Path, pragma: str, value: object) -> None:
    engine = open_database(tmp_path / "notes.db", METADATA)
    assert _pragma(engine, pragma) == value
    with engine.begin() as inside:
        assert inside.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


def test_a_failed_statement_does_not_repeat_its_values(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "notes.db", METADATA)
    with engine.begin() as connection, pytest.raises(sa.exc.DatabaseError) as caught:
        connection.execute(sa.text("INSERT INTO nowhere VALUES (:name)"), {"name": "Quillfeather"})

    assert "Quillfeather" not in str(caught.value)


def test_database_and_its_companions_are_for_their_owner_only(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "notes.db", METADATA)
    with engine.begin() as connection:
        connection.execute(sa.insert(NOTE).values(text=b"note"))
    assert {_mode(path) for path in tmp_path.iterdir()} == {0o600}
    engine.dispose()


def test_erased_row_is_in_no_file_once_history_is_erased(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "notes.db", METADATA)
    canary = os.urandom(32)

    def raw() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    with engine.begin() as connection:
        connection.execute(sa.insert(NOTE).values(text=canary))
    assert canary in raw()
    with engine.begin() as connection:
        connection.execute(sa.delete(NOTE))
    assert canary in raw(), "the write-ahead log is why erase_history exists"
    erase_history(engine)
    assert canary not in raw()
    engine.dispose()


def test_opening_a_database_finishes_an_erasure_that_a_crash_interrupted(tmp_path: Path) -> None:
    program = (
        "import os, sys, sqlalchemy as sa; from pathlib import Path\n"
        "from protos.hosting.database import open_database\n"
        "m = sa.MetaData(); t = sa.Table('note', m, sa.Column('text', sa.LargeBinary))\n"
        "e = open_database(Path(sys.argv[1]), m)\n"
        "for act in (sa.insert(t).values(text=b'canary-of-a-crash'), sa.delete(t)):\n"
        "    with e.begin() as c: c.execute(act)\n"
        "os._exit(9)\n"
    )
    path = tmp_path / "notes.db"
    done = subprocess.run([sys.executable, "-c", program, path], cwd=REPOSITORY, check=False)
    assert done.returncode == 9
    assert b"canary-of-a-crash" in path.with_name("notes.db-wal").read_bytes()
    open_database(path, METADATA).dispose()
    assert not [p for p in tmp_path.iterdir() if b"canary-of-a-crash" in p.read_bytes()]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[structlog.stdlib.BoundLogger]:
    opened = open_log(tmp_path / "service.log", "coordinator")
    yield opened
    opened._logger._file.close()  # a process keeps its log open to its end


def test_logger_writes_listed_short_scalars_and_drops_everything_else(
    tmp_path: Path, log: structlog.stdlib.BoundLogger
) -> None:
    path = tmp_path / "service.log"
    log.info("refused", member="essex", count=3, surname=CANARY, text=CANARY, token=b"\x00" * 16)
    (line,) = [json.loads(line) for line in path.read_text().splitlines()]
    assert set(line) == {"event", "level", "timestamp", "service", "member", "count"}
    assert (line["event"], line["member"], line["count"]) == ("refused", "essex", 3)
    assert _mode(path) == 0o600


def test_listed_field_holds_a_short_scalar_or_the_name_of_its_type() -> None:
    policed = police_fields(
        None, "info", {"records": [CANARY], "error": "x" * 1000, "pairs": None, "kind": b"s"}
    )
    assert policed == {"records": "list", "error": "x" * MAX_FIELD_CHARS, "pairs": None, "kind": "bytes"}


def test_no_field_whose_name_suggests_a_person_is_listed() -> None:
    assert not ALLOWED_FIELDS & {
        "name",
        "surname",
        "forenames",
        "dob",
        "postcode",
        "token",
        "encoding",
        "key",
    }


def _raise_foreign() -> None:
    raise ValueError(f"invalid date in row: {CANARY}")


def test_foreign_exception_is_logged_by_type_and_place_never_by_message(
    tmp_path: Path, log: structlog.stdlib.BoundLogger
) -> None:
    path = tmp_path / "service.log"
    with pytest.raises(ValueError, match="invalid date in row") as caught:
        _raise_foreign()
    described = describe_failure(caught.value)
    log.error("round failed", **described)
    assert described["error"] == "ValueError"
    assert re.fullmatch(r"test_hosting\.py:\d+", described["place"])
    assert CANARY not in path.read_text()
    assert describe_failure(ValueError(CANARY)) == {"error": "ValueError", "place": "unknown"}


def test_own_error_is_logged_with_its_code() -> None:
    described = describe_failure(StateError("the round is over", code="TOO_LATE"))
    assert described == {"error": "the round is over", "code": "TOO_LATE"}


def _write_config(path: Path, extra: str = "") -> Path:
    path.write_text(
        f'federation = "east.example"\nhosts = ["localhost"]\ngovernance_public_key = "key"\n{extra}'
    )
    return path


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("member_prot = 7443", "setting member_prot: Extra inputs are not permitted"),
        ("member_port = 70000", "setting member_port: Input should be less than or equal to 65535"),
        ("certificate_days = 0", "setting certificate_days: Input should be greater than or equal to 1"),
        ("certificate_days = ", "expected UTF-8 TOML"),
        ('federation = "again"', "expected UTF-8 TOML"),
    ],
)
def test_configuration_with_a_wrong_setting_is_refused_by_name(
    tmp_path: Path, extra: str, message: str
) -> None:
    path = _write_config(tmp_path / "config.toml", extra)
    with pytest.raises(InputError) as caught:
        load_config(CoordinatorConfig, path)
    assert str(path) in caught.value.public_message
    assert message in caught.value.public_message


def test_configuration_without_a_needed_setting_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('hosts = ["localhost"]\ngovernance_public_key = "key"\n')
    with pytest.raises(InputError, match="setting federation: Field required"):
        load_config(CoordinatorConfig, path)


def test_refused_value_is_not_repeated(tmp_path: Path) -> None:
    path = _write_config(tmp_path / "config.toml", f'member_port = "{CANARY}"')
    with pytest.raises(InputError, match="setting member_port") as caught:
        load_config(CoordinatorConfig, path)
    assert CANARY not in caught.value.public_message


def test_stored_configuration_loads_as_it_was(tmp_path: Path) -> None:
    config = CoordinatorConfig(
        federation="east.example",
        hosts=["clew.east.example", "127.0.0.1"],
        member_port=0,
        governance_public_key='quote " and \\ backslash',
    )
    store_config(config, tmp_path / "config.toml", heading="Clew coordinator")
    assert load_config(CoordinatorConfig, tmp_path / "config.toml") == config


def test_event_ids_sort_by_time_and_do_not_repeat() -> None:
    earlier, later = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
    ids = {generate_event_id(earlier) for _ in range(50)}
    assert len(ids) == 50
    assert max(ids) < generate_event_id(later)
    assert all(re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", event_id) for event_id in ids)


def test_grpc_loaded_before_tls_13_is_required_is_refused() -> None:
    program = (
        "import os; os.environ.pop('GRPC_SSL_CIPHER_SUITES', None)\n"
        "import grpc; from protos.hosting.tls import require_tls_13\n"
        "from crypto.errors import StateError\n"
        "try: require_tls_13()\n"
        "except StateError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert "expected to require TLS 1.3 before grpc is imported, got it loaded already" in done.stdout


def test_lost_database_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"notes\.db is missing; restore it from the last backup"):
        require_database(tmp_path / "notes.db")
    open_database(tmp_path / "notes.db", METADATA).dispose()
    assert require_database(tmp_path / "notes.db") == tmp_path / "notes.db"


def test_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    junk = tmp_path / "notes.db"
    junk.write_bytes(b"not a database, and long enough to be read as one" * 100)
    with pytest.raises(StorageError, match=r"notes\.db is not a usable database; restore it"):
        open_database(junk, METADATA)
    with pytest.raises(StorageError, match=r"is not a usable database|cannot open the database"):
        open_database(tmp_path, METADATA)
