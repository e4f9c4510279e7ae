"""Linkage quality on a labelled set that lies beside the checkout, through the command itself.

The bounds are well under what is measured, so that they catch a broken encoding or threshold and not
the chance of one key.
"""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab.cli import app

SET = Path(__file__).parents[3] / "shared" / "data" / "linkage" / "splink_fake_1000"


@pytest.fixture
def labelled_set() -> Path:
    if not SET.is_dir():
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(f"{SET} is absent: the build must have the shared data beside the checkout")
        pytest.skip(f"NO QUALITY MEASURED: {SET} is absent")
    return SET


def test_duplicates_of_the_splink_tutorial_set_are_found_at_the_programs_own_threshold(labelled_set) -> None:
    records, truth = str(labelled_set / "records.csv"), str(labelled_set / "truth.csv")
    result = CliRunner().invoke(
        app, ["link", records, "--dedupe", "--truth", truth, "--schema", "plain", "--json"]
    )
    summary = json.loads(result.stdout)
    assert summary["true_pairs"] == 2031
    assert summary["own"]["f1"] > 0.8
    assert summary["best"]["f1"] - summary["own"]["f1"] < 0.08
