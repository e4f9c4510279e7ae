"""`clew-lab generate` writes what it says, refuses what it cannot do, and its files can be linked."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from lab.cli import app

ARGUMENTS = ["--records", "600", "--forces", "essex,kent", "--today", "2026-11-21", "--flat"]


def run(*arguments: str):
    return CliRunner().invoke(app, ["generate", *arguments])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "federation"
    assert run("--out", str(folder), *ARGUMENTS).exit_code == 0
    return folder


def test_the_manifest_has_the_digest_of_every_other_file_and_every_rate_with_its_source(
    written: Path,
) -> None:
    manifest = json.loads((written / "manifest.json").read_text())
    files = {str(p.relative_to(written)) for p in written.rglob("*.*")} - {"manifest.json"}

    assert set(manifest["digests"]) == files
    for name, digest in manifest["digests"].items():
        assert hashlib.sha256((written / name).read_bytes()).hexdigest() == digest
    assert manifest["synthetic"] is True
    assert manifest["error_level"] == "medium"
    assert manifest["rates"]["crimes"]["charged"]["value"] == 0.06
    assert all(rate["source"] for group in manifest["rates"].values() for rate in group.values())


def test_flat_people_have_truth_by_pair_and_by_entity(written: Path) -> None:
    people = pd.concat(
        pd.read_csv(p, dtype=str, keep_default_na=False) for p in (written / "flat" / "people").iterdir()
    ).set_index("rec_id")
    truth = pd.read_csv(written / "flat" / "truth.csv", dtype=str)

    assert people.index.is_unique
    assert len(truth) > 20
    assert (
        people.loc[truth["rec_id_a"], "ent_id"].to_numpy()
        == people.loc[truth["rec_id_b"], "ent_id"].to_numpy()
    ).all()
    size = people.groupby("ent_id").size()
    assert len(truth) == (size * (size - 1) // 2).sum()


def test_flat_people_can_be_linked(written: Path) -> None:
    files = sorted(str(p) for p in (written / "flat" / "people").iterdir())

    result = CliRunner().invoke(
        app, ["link", *files, "--truth", str(written / "flat" / "truth.csv"), "--json"]
    )

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["best"]["recall"] > 0.5


def test_the_result_can_be_had_as_json(tmp_path: Path) -> None:
    result = run("--out", str(tmp_path / "x"), *ARGUMENTS[:-1], "--json")

    summary = json.loads(result.stdout)
    assert summary["members"] == 3
    assert summary["records"] > 600
    assert not (tmp_path / "x" / "flat").exists()


def test_a_slice_leaves_the_planted_people_out(tmp_path: Path) -> None:
    result = run("--out", str(tmp_path / "x"), *ARGUMENTS, "--slice", "4000", "--json")

    assert result.exit_code == 0, result.output
    assert not (tmp_path / "x" / "lab" / "stories.json").exists()


def test_it_says_what_to_do_next(tmp_path: Path) -> None:
    assert "clew-node load" in run("--out", str(tmp_path / "x"), *ARGUMENTS[:-1]).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--forces", "1"], "--forces: expected 2 to 43 or names, got 1"),
        (["--forces", "essex"], "at least two different names"),
        (["--forces", "essex,atlantis"], "--forces: expected names among"),
        (["--errors", "none"], "expected one of low, medium, high, got none"),
        (["--overlap", "0.9"], "overlap: expected a share from 0 to 0.5"),
        (["--seed", "-1"], "--seed: expected a number of at least 0"),
        (["--today", "21/11/2026"], "--today: expected a day as YYYY-MM-DD"),
        (["--slice", "-3"], "slice: expected a positive number"),
        (["--salt", "shoe"], "--salt: expected one of dob"),
        (["--partner", "../elsewhere"], "--partner: expected small letters"),
    ],
)
def test_impossible_options_are_refused_and_nothing_is_written(tmp_path: Path, arguments, message) -> None:
    folder = tmp_path / "x"
    result = run("--out", str(folder), "--records", "600", *arguments)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert not folder.exists()


def test_a_folder_with_something_in_it_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept")

    result = run("--out", str(tmp_path), *ARGUMENTS)

    assert result.exit_code == 1
    assert "--out: expected a new or empty folder" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["kept.txt"]
