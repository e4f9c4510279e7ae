"""``clew-lab attack`` with a stand-in for the attacks: what is run, kept, shown and refused."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from lab.attacks import catalogue, run
from lab.attacks.catalogue import Attack, Need
from lab.attacks.observation import Guesses, Knowledge, Observation
from lab.attacks.scenario import Scenario
from lab.cli import app

RECORDS = 60
SMALL = ("--records", str(RECORDS), "--coverage", "1,0.5", "--anchors", "0,40")


class Oracle:
    """Stands in for an attack: it is told the truth of the scenario that was drawn last."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.scenario: Scenario | None = None

    def draw(self, *arguments: Any, **options: Any) -> Scenario:
        self.scenario = draw_scenario(*arguments, **options)
        return self.scenario

    def name(self, observation: Observation, knowledge: Knowledge) -> Guesses:
        assert self.scenario is not None
        truth = self.scenario.truth
        told = np.arange(len(truth.listed)) < self.share * len(truth.listed)
        return tuple(np.where(told[rows], truth.listed[rows], -1) for rows in truth.records)


draw_scenario = run.draw_scenario


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Oracle]:
    oracle = Oracle(1.0)
    monkeypatch.setattr(run, "draw_scenario", oracle.draw)
    attacks = {
        name: Attack(name, name, "It is told.", "none", frozenset(needs), oracle.name)
        for name, needs in (
            ("graph-matching", {Need.ENCODINGS}),
            ("known-plaintext", {Need.ENCODINGS, Need.ANCHORS}),
        )
    }
    with patch.dict(catalogue.ATTACKS, attacks, clear=True):
        yield oracle


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["attack", *map(str, words)], env={"COLUMNS": "100"})


def test_every_setting_is_attacked_where_it_applies_and_kept(oracle: Oracle, tmp_path: Path) -> None:
    done = invoke("plain", *SMALL, "--out", tmp_path / "kept.json", "--html", tmp_path / "page.html")
    assert done.exit_code == 0, done.output
    (kept,) = json.loads((tmp_path / "kept.json").read_text())["runs"]
    settings = [(each["attack"], each["coverage"], each["anchors"]) for each in kept["results"]]
    # Forty known are more than half of sixty.
    assert settings == [("graph-matching", 1, 0), ("known-plaintext", 1, 40), ("graph-matching", 0.5, 0)]
    assert [each["listed"]["trials"] for each in kept["results"]] == [60, 20, 30]
    assert [each["name"] for each in kept["controls"]] == ["plain encodings"]
    assert "left out: 40 known records" in done.stderr
    assert "Everyone is re-identified" in done.stdout
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")


def test_a_failed_control_voids_the_run(oracle: Oracle, tmp_path: Path) -> None:
    oracle.share = 0.5
    done = invoke("xor-fold", *SMALL, "--html", tmp_path / "page.html")
    assert done.exit_code == 1
    assert "VOID: plain encodings must be re-identified at 95% or more, and 50.0% of 60 were" in done.stderr
    assert "At most" not in done.stdout
    assert "VOID" in (tmp_path / "page.html").read_text()


def test_an_attack_that_breaks_down_loses_no_other_result(
    oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> Guesses:
        raise ValueError("Ada Lovelace")

    broken = Attack("broken", "broken", "", "", frozenset({Need.ENCODINGS}), break_down)
    monkeypatch.setitem(catalogue.ATTACKS, "broken", broken)
    done = invoke("plain", *SMALL[:2], "--coverage", "1", "--anchors", "0")
    assert done.exit_code == 1
    assert "Everyone is re-identified" in done.stdout
    assert "not measured: broken on plain" in " ".join(done.stdout.split())
    assert "(ValueError)" in done.stdout
    assert "Lovelace" not in done.output


def test_results_are_rendered_and_put_together_without_measuring(oracle: Oracle, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    for seed, path in ((1, first), (2, second)):
        invoke("plain", *SMALL[:2], "--coverage", "1", "--anchors", "0", "--seed", str(seed), "--out", path)
    oracle.scenario = None
    done = invoke("--results", first, "--results", second)
    assert oracle.scenario is None
    assert "100% of 120" in done.stdout
    assert json.loads(invoke("--results", first, "--json").stdout) == json.loads(first.read_text())


def test_people_of_a_file_are_attacked_without_a_quality(oracle: Oracle, tmp_path: Path) -> None:
    with (tmp_path / "people.csv").open("w", newline="") as stream:
        rows = [
            [f"r{n}", f"forename{n}", f"surname{n}", f"19{50 + n % 50}-01-0{1 + n % 9}", "F", f"AB{n} 1CD"]
            for n in range(100)
        ]
        header = ["rec_id", "forename", "surname", "dob", "sex", "postcode"]
        csv.writer(stream).writerows([header, *rows])
    people = tmp_path / "people.csv"
    done = invoke("plain", "--people", people, "--coverage", "1,0.5", "--anchors", "0", "--json")
    (found,) = json.loads(done.stdout)["runs"]
    conditions = found["conditions"]
    assert [conditions[name] for name in ("source", "records", "density")] == ["people.csv", 66, "as-is"]
    assert found["qualities"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "SCHEME: expected one of plain"),
        (["--coverage", "1,x"], "--coverage: expected numbers with commas between, got 'x'"),
        (
            ["--records", "60", "--coverage", "1.5"],
            "coverage: expected a share above 0 and at most 1, got",
        ),
        (["--anchors", ""], "expected at least one --coverage, one --anchors"),
        (["--attacks", "guess"], "--attacks: expected names among graph-matching"),
        (["--records", "60", "--density", "rural"], "--density: expected national or as-is, got rural"),
        (["--records", "10"], "records: expected at least 50, got 10"),
        (["plain", "--round", "held"], "--round: expected without SCHEME: a held round is attacked as it is"),
        (["--results", "/nowhere.json"], "cannot use /nowhere.json"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_what_to_do(words: list[str], message: str) -> None:
    done = invoke(*words)
    assert done.exit_code == 1
    assert message in done.stderr.replace("\n", " ")


def test_a_file_that_is_no_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no")
    done = invoke("--results", tmp_path / "notes.txt")
    assert "notes.txt: expected JSON that clew-lab attack --out wrote" in done.stderr.replace("\n", " ")
