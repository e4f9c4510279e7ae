"""The command line: a thin shell that explains failures, exits 1 or 2, and speaks JSON to programs."""

import csv
import json
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from crypto.pki import Role
from node.cli import app
from node.config import NodeConfig
from node.home import NodeHome
from node.store.store import open_store
from protos.hosting.config import store_config
from protos.hosting.files import locked_home, make_home, write_private
from tests.support import node_bench as bench
from tests.unit.test_node_ingest import CRIME, NOMINAL, PARTY

RUNNER = CliRunner()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = NodeHome(tmp_path / "essex")
    keys = bench.make_keys()
    make_home(place.path)
    write_private(place.transport_key_path, keys.transport_pem)
    write_private(place.sealing_key_path, keys.sealing.to_pem())
    write_private(place.signing_key_path, keys.signing.to_pem())
    config: NodeConfig = bench.make_config("essex")
    store_config(config, place.config_path, heading="a test")
    open_store(place.database_path).close()
    return place.path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for name, row in (("nominal.csv", NOMINAL), ("crime.csv", CRIME), ("crime_party.csv", PARTY)):
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(row))
            writer.writeheader()
            writer.writerow(row)
    return folder


def run(*words: object) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, [str(word) for word in words])
    return result.exit_code, result.stdout, " ".join(result.stderr.split())


OWN_COMMANDS = ("init", "enrol", "load", "encode", "run", "status", "matches", "score")


@pytest.mark.parametrize("name", OWN_COMMANDS)
def test_every_command_has_an_example(name: str) -> None:
    command = get_command(app).commands[name]  # type: ignore[attr-defined]

    assert f"Example: clew-node {name}" in (command.help or "")


def test_loading_and_asking_speaks_json(home: Path, export: Path) -> None:
    code, out, _ = run("load", export, "--home", home, "--json")
    assert code == 0
    assert json.loads(out)["nominal"] == {"added": 1, "changed": 0, "unchanged": 0}

    code, out, _ = run("status", "--home", home, "--json")
    status = json.loads(out)
    assert (code, status["nominals"], status["encodable_persons"], status["enrolled"]) == (0, 1, 1, False)
    assert status["log_entries_waiting"] == 1

    code, out, _ = run("score", "--home", home, "--nominal", "N1", "--json")
    explained = json.loads(out)
    assert code == 0
    assert explained["nominal_ids"] == ["N1"]
    assert explained["contributions"][0]["codes"] == ["8G"]

    code, out, _ = run("matches", "--home", home, "--json")
    assert (code, json.loads(out)) == (0, {"member": "essex", "matches": []})


def test_a_partner_agency_is_shown_no_score_of_its_own(home: Path) -> None:
    config = bench.make_config("essex-care", Role.PARTNER, "SOCIAL_CARE")
    store_config(config, NodeHome(home).config_path, heading="a test")

    code, _, error = run("score", "--home", home, "--nominal", "N1")

    assert code == 1
    assert "a partner agency does not score its own people; see: clew-node matches" in error


def test_a_file_that_is_not_read_is_named(home: Path, export: Path) -> None:
    (export / "crime.csv").rename(export / "Crimes.csv")
    (export / "crime_party.csv").unlink()

    code, out, error = run("load", export, "--home", home)

    assert code == 0
    assert "Not read: Crimes.csv. Clew reads crime.csv, crime_party.csv, nominal.csv" in error
    assert "nominal: 1 added" in out


def test_the_status_says_where_the_running_node_writes(home: Path) -> None:
    code, out, _ = run("status", "--home", home)

    assert code == 0
    assert "enrolled               no" in out
    assert "node.log" in out


def test_a_band_that_does_not_exist_is_refused_with_those_that_do(home: Path) -> None:
    code, _, error = run("matches", "--home", home, "--band", "urgent")

    assert code == 1
    assert "--band: expected one of VERY_HIGH, HIGH, MEDIUM, STANDARD, got another" in error


def test_a_bad_folder_exits_1_and_says_what_to_fix(home: Path, export: Path) -> None:
    (export / "nominal.csv").unlink()

    code, _, error = run("load", export, "--home", home)

    assert code == 1
    assert "nominal.csv: expected this file in the folder, got none" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("status", "--home", "nowhere"), "is not a node's home; make one with: clew-node init"),
        (("enrol", "--home", "nowhere"), "cannot read"),
        (("run", "--home", "nowhere"), "is not a node's home"),
        (("log", "verify", "--home", "nowhere"), "is not a node's home"),
    ],
)
def test_a_place_that_is_no_home_is_explained(words: tuple[str, ...], message: str) -> None:
    code, _, error = run(*words)

    assert code == 1
    assert message in error


def test_a_node_that_is_not_enrolled_cannot_run(home: Path) -> None:
    code, _, error = run("run", "--home", home)

    assert (code, "this node is not enrolled yet; run: clew-node enrol" in error) == (1, True)


def test_a_second_daemon_is_kept_off_a_home(home: Path) -> None:
    with locked_home(home):
        code, _, error = run("run", "--home", home)

    assert (code, "is in use by another process; stop that one first" in error) == (1, True)


def test_an_unknown_nominal_is_explained_without_repeating_it(home: Path) -> None:
    code, _, error = run("score", "--home", home, "--nominal", "ZEBEDEE-1")

    assert code == 1
    assert "expected the id of a nominal that this node holds" in error
    assert "ZEBEDEE" not in error


@pytest.mark.parametrize("words", [("load",), ("score", "--home", "x"), ("nonsense",)])
def test_wrong_usage_exits_2(words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2


def test_encodings_written_to_a_file_are_for_their_owner_only(tmp_path: Path) -> None:
    schema = json.loads(Path("crypto/encoding/schemas/plain.json").read_text())
    schema.pop("standardisation", None)
    columns = [feature["identifier"] for feature in schema["features"]]
    people, key, schema_file, made = (tmp_path / name for name in ("p.csv", "k", "s.json", "o.json"))
    people.write_text(",".join(columns) + "\n" + ",".join("a" for _ in columns) + "\n")
    key.write_bytes(b"secret")
    schema_file.write_text(json.dumps(schema))
    words = ["encode", str(people), "--schema", str(schema_file), "--key-file", str(key), "-o", str(made)]

    done = RUNNER.invoke(app, words)

    assert done.exit_code == 0, done.output
    assert made.stat().st_mode & 0o777 == 0o600
