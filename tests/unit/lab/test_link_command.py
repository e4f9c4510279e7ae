"""``clew-lab link`` on small invented files: results, and a clear error for every bad input."""

import csv
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from lab.cli import app
from tests.support.view_schemas import PLAIN

HEADER = ["rec_id", "ent_id", "first_name", "last_name", "date_of_birth", "gender", "zip"]
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta"]


def invent_rows(count: int) -> list[list[str]]:
    rng = random.Random(11)

    def row(number: int) -> list[str]:
        first, last = ("".join(rng.choices(SYLLABLES, k=3)) for _ in range(2))
        dob = f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(1950, 2005)}"
        return [f"A{number}", f"P{number}", first, last, dob, rng.choice("MF"), f"CM{rng.randint(1, 99)} 1AA"]

    return [row(number) for number in range(count)]


ROWS = invent_rows(120)


def write(path: Path, rows: list[list[str]], header: list[str] = HEADER) -> str:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return str(path)


def as_second_file(rows: list[list[str]]) -> list[list[str]]:
    """The same people under other identifiers, each with the last letter of the surname lost."""
    return [["B" + row[0][1:], row[1], row[2], row[3][:-1], *row[4:]] for row in rows]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    first = write(tmp_path / "a.csv", ROWS[:80])
    second = write(tmp_path / "b.csv", as_second_file(ROWS[40:]))
    return [first, second]


@pytest.fixture
def truth(tmp_path: Path) -> str:
    pairs = [[f"A{n}", f"B{n}"] for n in range(40, 80)]
    return write(tmp_path / "truth.csv", pairs, ["rec_id_a", "rec_id_b"])


def link(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["link", *arguments])


def refuse(*arguments: str) -> str:
    result = link(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr


def test_json_has_exactly_the_promised_keys(files, truth) -> None:
    result = link(*files, "--truth", truth, "--json")
    summary = json.loads(result.stdout)
    assert list(summary) == ["own", "best", "true_pairs", "pairs", "records", "seconds", "schema_digest"]
    assert list(summary["own"]) == list(summary["best"]) == ["threshold", "precision", "recall", "f1"]
    assert (summary["true_pairs"], summary["records"]) == (40, 160)
    assert summary["own"]["f1"] > 0.95
    assert summary["best"]["f1"] >= summary["own"]["f1"]
    assert summary["schema_digest"] == load_built_in_schema("uk-police").subset(FEDERATION_FIELDS).digest


def test_the_mapping_goes_to_standard_error_when_json_is_asked_for(files) -> None:
    result = link(*files, "--json")
    assert "last_name" in result.stderr
    assert list(json.loads(result.stdout)["own"]) == ["threshold"]


def test_people_see_the_mapping_the_quality_and_what_to_do_next(files, truth) -> None:
    output = link(*files, "--truth", truth).stdout
    for expected in (
        "Columns used",
        "date_of_birth",
        "not used: ent_id",
        "best in hindsight",
        "--out pairs.csv",
    ):
        assert expected in output


def test_the_pairs_file_holds_the_links_with_their_probability(files, truth, tmp_path) -> None:
    out = tmp_path / "pairs.csv"
    result = link(*files, "--truth", truth, "--out", str(out), "--json")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["rec_id_a", "rec_id_b", "similarity", "probability"]
    assert len(rows) == json.loads(result.stdout)["pairs"]
    right = [row for row in rows if row["rec_id_a"][1:] == row["rec_id_b"][1:]]
    assert len(right) >= 38
    assert all(0 <= float(row["probability"]) <= 1 for row in rows)


def test_duplicates_inside_one_file_are_found(tmp_path) -> None:
    path = write(tmp_path / "all.csv", ROWS[:80] + as_second_file(ROWS[:30]))
    truth = write(tmp_path / "truth.csv", [[f"B{n}", f"A{n}"] for n in range(30)], ["rec_id_a", "rec_id_b"])
    summary = json.loads(link(path, "--dedupe", "--truth", truth, "--json").stdout)
    assert summary["own"]["f1"] > 0.9


def test_several_files_are_linked_at_once(tmp_path) -> None:
    third = [["C" + row[0][1:], *row[1:]] for row in ROWS[:60]]
    paths = [
        write(tmp_path / "a.csv", ROWS[:60]),
        write(tmp_path / "b.csv", as_second_file(ROWS[:60])),
        write(tmp_path / "c.csv", third),
    ]
    pairs = [[x + str(n), y + str(n)] for n in range(60) for x, y in ("AB", "AC", "BC")]
    truth = write(tmp_path / "truth.csv", pairs, ["rec_id_a", "rec_id_b"])
    summary = json.loads(link(*paths, "--truth", truth, "--json").stdout)
    assert summary["true_pairs"] == 180
    assert summary["own"]["f1"] > 0.95


def test_two_files_may_use_the_same_identifiers(tmp_path) -> None:
    paths = [write(tmp_path / "a.csv", ROWS[:60]), write(tmp_path / "b.csv", ROWS[:60])]
    truth = write(tmp_path / "truth.csv", [[f"A{n}"] * 2 for n in range(60)], ["rec_id_a", "rec_id_b"])
    assert json.loads(link(*paths, "--truth", truth, "--json").stdout)["own"]["f1"] == 1.0


def test_impossible_dates_are_counted_aloud(tmp_path, files) -> None:
    rows = as_second_file(ROWS[40:])
    rows[3][4] = "31/02/1990"
    write(tmp_path / "b.csv", rows)
    output = link(*files).stdout
    assert "1 of 80 dates of birth name no real day (first: row 5)" in output
    assert "31/02/1990" not in output


def test_a_column_can_be_named_by_the_user(tmp_path) -> None:
    header = [*HEADER[:3], "nachname", *HEADER[4:]]
    paths = [write(tmp_path / name, ROWS[:50], header) for name in ("a.csv", "b.csv")]
    assert "nachname" not in link(*paths).stdout.split("not used")[0]
    assert "nachname" in link(*paths, "--map", "surname=nachname").stdout.split("not used")[0]


def test_a_clkhash_schema_takes_columns_by_its_own_identifiers(tmp_path) -> None:
    body = PLAIN.subset(["forenames", "surname"]).body
    del body["standardisation"]
    body["features"].append({"identifier": "note", "ignored": True})
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(body))
    rows = [row[:4] for row in ROWS[:60]]
    paths = [
        write(tmp_path / n, rows, ["rec_id", "ent_id", "forenames", "surname"]) for n in ("a.csv", "b.csv")
    ]
    summary = json.loads(link(*paths, "--schema", str(schema), "--json").stdout)
    assert summary["pairs"] == 60
    other = write(tmp_path / "c.csv", rows, ["rec_id", "ent_id", "forenames", "last_name"])
    assert "expected the schema's columns, got none named surname" in refuse(
        paths[0], other, "--schema", str(schema)
    )


def test_a_missing_file_is_refused(files, tmp_path) -> None:
    assert "absent.csv: expected a readable file" in refuse(files[0], str(tmp_path / "absent.csv"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "b.csv: expected a header row and records, got an empty file"),
        (b"rec_id,surname\n", "b.csv: expected at least one record under the header row"),
        (b"rec_id,surname\n1,po\xf6le\n", "b.csv line 2: expected UTF-8 text"),
        (b"rec_id,surname\n1\n", "b.csv row 2: expected 2 values, got 1"),
        (
            b"rec_id,surname\n1,poole\n2,poole\n1,poole\n",
            "b.csv row 4, column rec_id: expected each identifier once",
        ),
        (b"rec_id,surname\n,poole\n", "b.csv row 2, column rec_id: expected an identifier, got nothing"),
        (b"poole,ada\npoole,bea\n", "b.csv row 1: expected a column rec_id"),
        (b"rec_id,poole\n1,poole\n", "b.csv row 1: expected a column of a usual name"),
        (b"rec_id,phone\n1,poole\n", "expected at least one column that all files share"),
    ],
)
def test_a_bad_file_is_refused_by_place_and_no_value_is_shown(files, tmp_path, data, message) -> None:
    (tmp_path / "b.csv").write_bytes(data)
    error = refuse(*files)
    assert message in error
    assert "poole" not in error


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\nA1,B1\n", "truth.csv row 1: expected columns rec_id_a and rec_id_b, got no rec_id_a"),
        (
            b"rec_id_a,rec_id_b\nA41,B41\nA1,Z9\n",
            "truth.csv row 3, column rec_id_b: expected a rec_id of the files",
        ),
        (b"rec_id_a,rec_id_b\nA1,A2\n", "truth.csv: expected at least one pair between two records"),
    ],
)
def test_a_bad_truth_is_refused(files, tmp_path, data, message) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_bytes(data)
    error = refuse(*files, "--truth", str(truth))
    assert message in error
    assert "Z9" not in error


def test_one_file_needs_dedupe(files) -> None:
    assert "expected two or more files to link, or one with --dedupe" in refuse(files[0])


def test_three_files_need_identifiers_of_their_own(files, tmp_path) -> None:
    third = write(tmp_path / "c.csv", ROWS[:5])
    assert "c.csv row 2: expected identifiers unique over all files" in refuse(*files, third)


def test_an_unknown_schema_is_refused(files) -> None:
    expected = "expected a built-in schema (uk-police, uk-police-wide, plain) or a file, got fancy"
    assert expected in refuse(*files, "--schema", "fancy")


def test_a_mapped_column_that_no_file_has_is_refused(files) -> None:
    assert "--map surname=nowhere: expected a column of one of the files" in refuse(
        *files, "--map", "surname=nowhere"
    )


def test_an_output_that_would_destroy_an_input_is_refused(files) -> None:
    before = Path(files[1]).read_bytes()
    assert "--out: expected a new file" in refuse(*files, "--out", files[1])
    assert Path(files[1]).read_bytes() == before


def test_an_output_in_an_absent_folder_is_refused(files, tmp_path) -> None:
    assert "--out: expected an existing folder" in refuse(*files, "--out", str(tmp_path / "no" / "pairs.csv"))


def test_help_is_shown_without_arguments() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert "link" in result.stdout


def test_a_field_that_one_file_has_under_a_name_of_its_own_is_pointed_out(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", ROWS[:60])
    header = [{"last_name": "nachname"}.get(name, name) for name in HEADER]
    second = write(tmp_path / "b.csv", as_second_file(ROWS[30:90]), header)

    result = link(first, second)

    warning = "WARNING b.csv: no column is taken for surname, so no pair is compared by it"
    assert result.exit_code == 0
    assert f"{warning}; name it with --map surname=COLUMN" in result.stdout
    assert "WARNING" not in link(first, second, "--map", "surname=nachname").stdout


def test_a_schema_that_is_none_is_named(files: list[str]) -> None:
    assert "a.csv: expected UTF-8 JSON" in refuse(*files, "--schema", files[0])
