"""``schema``, ``explain`` and ``precheck``: what they say, to people and to programs, and how they end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crypto.encoding.explain import explain_record
from crypto.encoding.schema import (
    BUILT_IN_SCHEMAS,
    FEDERATION_FIELDS,
    load_built_in_schema,
)
from crypto.errors import InputError
from node.cli import app
from node.schema_text import Difference, find_differences
from tests.support.view_schemas import PLAIN
from tests.unit.test_node_cli import export, home  # noqa: F401  pytest finds fixtures by their names here

VIEWS = load_built_in_schema("uk-police").subset(FEDERATION_FIELDS)
RUNNER = CliRunner()


def invoke(*words: object, text: str | None = None) -> Result:
    return RUNNER.invoke(app, [str(word) for word in words], input=text)


@pytest.mark.parametrize("name", BUILT_IN_SCHEMAS)
def test_a_built_in_schema_is_valid_and_shown_with_what_it_costs(name: str) -> None:
    schema = load_built_in_schema(name)

    checked, shown = invoke("schema", "check", name), invoke("schema", "show", name)

    assert (checked.exit_code, shown.exit_code) == (0, 0)
    assert f"Digest: {schema.digest}" in checked.stdout
    assert schema.digest in shown.stdout
    assert "privacy" in shown.stdout
    for view in schema.views.salted if schema.views else ():
        assert view.name in shown.stdout


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_schema_is_described_to_programs(command: str) -> None:
    described = json.loads(invoke("schema", command, "uk-police-wide", "--json").stdout)
    schema = load_built_in_schema("uk-police-wide")
    assert described["digest"] == schema.digest
    assert [view["name"] for view in described["layout"]] == [view.name for view in schema.layout]


def test_a_broken_schema_file_is_refused_with_file_and_path(tmp_path: Path) -> None:
    body = load_built_in_schema("uk-police").body
    body["views"]["blockCap"] = 400
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(body))

    result = invoke("schema", "check", path)

    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "ours.json: linkage schema $.views.blockCap: expected a whole number from 1 to 16, got 400" in said


def test_a_schema_that_is_nowhere_is_refused_with_the_built_in_names() -> None:
    result = invoke("schema", "show", "fancy")
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "expected a built-in schema (uk-police, uk-police-wide, plain) or a file, got fancy" in said


def test_equal_schemas_have_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "same.json"
    path.write_text(json.dumps(load_built_in_schema("plain").body))

    result = invoke("schema", "diff", "plain", path)

    assert result.exit_code == 0
    assert "No difference; both have the digest" in result.stdout


def test_a_difference_names_its_place_and_ends_with_1(tmp_path: Path) -> None:
    body = load_built_in_schema("uk-police").body
    body["views"]["salted"][3]["salt"] = ["forename", "dob", "sex"]
    body["views"]["blockCap"] = 3
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(body))

    shown = invoke("schema", "diff", "uk-police", path)
    told = json.loads(invoke("schema", "diff", "uk-police", path, "--json").stdout)

    assert shown.exit_code == 1
    assert "$.views.blockCap: 1 -> 3" in shown.stdout
    assert told["equal"] is False
    assert told["differences"] == [
        {"path": "$.views.blockCap", "first": 1, "second": 3},
        {
            "path": "$.views.salted[forename-dob].salt",
            "first": ["forename", "dob"],
            "second": ["forename", "dob", "sex"],
        },
    ]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"b": 1}, [Difference("$.a", 1, None), Difference("$.b", None, 1)]),
        ([1], [2], [Difference("$", [1], [2])]),
        (
            [{"name": "x"}, {"name": "y"}],
            [{"name": "y"}, {"name": "x"}],
            [Difference("$ (order)", "[x], [y]", "[y], [x]")],
        ),
        ({"a": []}, {"a": [{"name": "x"}]}, [Difference("$.a", [], {"[x]": {"name": "x"}})]),
    ],
)
def test_differences_are_found_by_name_and_order(left, right, expected) -> None:
    assert list(find_differences(left, right)) == expected


def test_explaining_shows_values_attributes_and_why_a_view_is_missed() -> None:
    result = invoke("explain", "surname=O'Brien-Smith", "forenames=Zoë", "dob=1/1/1990", "postcode=CM1")

    assert result.exit_code == 0
    assert "OBRIEN SMITH" in result.stdout
    assert "no: dob is 1 January, taken as imputed" in result.stdout
    assert "postcode is only a district" in result.stdout
    assert "in your shell's history" in " ".join(result.stderr.split())


def test_explaining_reads_lines_where_no_values_are_on_the_command_line() -> None:
    result = invoke("explain", "--json", text="surname=Ødegård\n\ndob = 1990-02\n")

    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert told["values"]["surname"] == "ODEGARD"
    assert told["values"]["dob"] == "00021990"
    assert "history" not in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("surname",), "value 1: expected field=value, such as surname=Poole, got no equals sign"),
        (("sex=F", "sex=M"), "value 2: expected each field once, got sex again"),
        (("shoe=9",), "expected fields of the schema (forenames, surname"),
    ],
)
def test_values_that_cannot_be_explained_are_refused(words: tuple[str, ...], message: str) -> None:
    result = invoke("explain", *words)
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("record", "view", "reason"),
    [
        ({"dob": "1990"}, "postcode-day", "no postcode; dob is known only in part"),
        ({"dob": "01/02/90", "postcode": "CM1 1AB"}, "postcode-day", "dob is no possible date"),
        ({}, "dob-outcode", "no dob; no sex; no postcode"),
        (
            {"surname": "Ee", "forenames": "Aoi", "dob": "2/1/1990"},
            "skeletons-month",
            "nothing for skeleton-pair",
        ),
    ],
)
def test_a_missed_view_says_why(record: dict[str, str], view: str, reason: str) -> None:
    explained = {found.name: found for found in explain_record(record, VIEWS).views}
    assert not explained[view].takes_part
    assert explained[view].reason.startswith(reason)


def test_a_whole_record_takes_part_everywhere() -> None:
    record = {"forenames": "Ada", "surname": "Poole", "dob": "2/1/1990", "sex": "F", "postcode": "CM1 1AB"}
    explanation = explain_record(record, VIEWS)
    assert all(view.takes_part and not view.reason for view in explanation.views)
    assert min(explanation.tokens.values()) > 0


def test_a_schema_without_views_explains_values_alone() -> None:
    result = invoke("explain", "surname=Poole", "--schema", "plain")
    assert "This schema has no views" in result.stdout
    with pytest.raises(InputError, match=r"got \['shoe'\]"):
        explain_record({"shoe": "9"}, PLAIN)


def test_the_precheck_of_a_loaded_home_counts_and_passes(home: Path, export: Path) -> None:  # noqa: F811
    assert invoke("load", export, "--home", home).exit_code == 0

    shown = invoke("precheck", "--home", home, "--schema", "uk-police")
    told = json.loads(invoke("precheck", "--home", home, "--json").stdout)

    assert shown.exit_code == 0
    assert "1 people would take part." in shown.stdout
    assert "Verdict: these records can be submitted." in " ".join(shown.stdout.split())
    assert (told["records"], told["is_stopped"]) == (1, False)


def test_a_stopped_precheck_ends_with_1_and_says_what_to_do(home: Path, monkeypatch) -> None:  # noqa: F811
    from crypto.encoding import precheck
    from tests.unit.test_precheck import make_people

    bad = precheck.check_linkability(make_people(200, dob=(1.0, "")), VIEWS)
    monkeypatch.setattr(precheck, "check_linkability", lambda people, schema: bad)

    shown = invoke("precheck", "--home", home)

    assert shown.exit_code == 1
    assert "STOP  dob is missing in 100.0% of 200 records" in " ".join(shown.stdout.split(" "))
    assert "Next: mend the files" in shown.stdout
    assert invoke("precheck", "--home", home, "--json").exit_code == 1
