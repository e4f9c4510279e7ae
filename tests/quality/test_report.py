"""The program on sixty records, without the baseline that needs its own environment, and its renderings."""

import csv
import io
import json
import random
from xml.etree import ElementTree

import pytest

from tests.quality import __main__ as program
from tests.quality.compare import ANONLINK, CLEW, PLAIN, WIDE, Settings, measure_set
from tests.quality.document import render_document
from tests.quality.labelled import LabelledSet, build_set, guess_origins, load_folder
from tests.quality.page import draw_f1, draw_recall, render_page
from tests.quality.results import Report, parse_report, to_json
from tests.quality.splink_method import prepare, write_job

NAMES = ("ada", "bram", "ciara", "dev", "efua", "farid", "greta", "hugo", "ines", "jonas")
RECORDS = 60


def write_people(seed: int, prefix: str, mistypes: bool) -> bytes:
    rng = random.Random(seed)
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["rec_id", "forename", "surname", "dob", "sex", "postcode"])
    for number in range(RECORDS):
        forename, surname = rng.choice(NAMES), "".join(rng.choices("aeiourstln", k=7))
        born = f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(1950, 2005)}"
        sex, postcode = rng.choice("MF"), f"AB{rng.randint(1, 20)} {rng.randint(1, 9)}CD"
        written = surname[:-1] + "x" if mistypes and number % 4 == 0 else surname
        writer.writerow([f"{prefix}{number}", forename, written, born, sex, postcode])
    return stream.getvalue().encode()


@pytest.fixture(scope="module")
def labelled() -> LabelledSet:
    truth = "rec_id_a,rec_id_b\n" + "".join(f"a{n},b{n}\n" for n in range(RECORDS))
    tables = [write_people(1, "a", mistypes=False), write_people(1, "b", mistypes=True)]
    made = build_set("made <up>", tables, truth.encode())
    sexes = {(0, n): person["sex"] for n, person in enumerate(made.files[0].read_people(["sex"]))}
    return LabelledSet(made.name, made.files, made.schema, made.truth, made.within, {"sex": sexes}, "a test")


@pytest.fixture(scope="module")
def report(labelled: LabelledSet) -> Report:
    settings = Settings(seed=1, keys=2, threads=1, splink=False)
    result, _ = measure_set(labelled, settings, lambda _: None)
    return Report("2026-01-05", {"processor": "a test"}, {"clew": "0"}, {"seed": 1}, (result,))


def test_a_run_gives_every_method_quality_uncertainty_and_groups(report: Report) -> None:
    ours, plain, wide, theirs = report.sets[0].methods
    assert (ours.method, plain.method, wide.method, theirs.method) == (CLEW, PLAIN, WIDE, ANONLINK)
    assert ours.own.f1 > 0.9
    assert ours.best.f1 >= ours.own.f1
    assert ours.ceiling >= ours.own.recall
    assert ours.key_deviation is not None
    assert theirs.key_deviation is None
    assert {item.group for item in ours.groups} == {"F", "M"}
    assert sum(item.recall.total for item in ours.groups) == RECORDS


def test_json_comes_back_as_it_was(report: Report) -> None:
    assert parse_report(json.loads(json.dumps(to_json(report)))) == report


def test_results_of_another_format_are_refused() -> None:
    with pytest.raises(ValueError, match="expected results of format clew-quality/1, got another"):
        parse_report({"format": "clew-quality/0"})


def test_charts_are_well_formed_and_described(report: Report) -> None:
    for svg in (draw_f1(report), draw_recall(report.sets[0], 0)):
        root = ElementTree.fromstring(svg)  # noqa: S314 - made two lines above, not untrusted
        names = root.attrib["aria-labelledby"].split()
        described = [child.attrib["id"] for child in root if child.tag.endswith(("title", "desc"))]
        assert described == names
        assert root.attrib["role"] == "img"


def test_the_page_escapes_loads_nothing_and_has_a_table_for_every_chart(report: Report) -> None:
    page = render_page(report)
    assert "made &lt;up&gt;" in page
    assert "<up>" not in page
    assert page.count("<svg") == 2
    assert page.count("<table>") >= page.count("<svg") + 2
    assert 'src="' not in page
    assert "href=" not in page
    assert page.count("http") == page.count('xmlns="http://www.w3.org/2000/svg"')


def test_the_document_says_what_was_met_and_how_it_was_measured(report: Report) -> None:
    text = render_document(report)
    ours = report.sets[0].methods[0]
    assert f"{ours.own.f1:.4f}" in text
    assert "| date | 2026-01-05 |" in text
    assert "## What it means" in text
    assert "do not edit it by hand" in text


def test_the_command_renders_an_earlier_result(report: Report, tmp_path, capsys, monkeypatch) -> None:
    saved, page = tmp_path / "saved.json", tmp_path / "page.html"
    saved.write_text(json.dumps(to_json(report)), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["quality", "--results", str(saved), "--html", str(page)])
    program.main()
    shown = capsys.readouterr().out
    assert "F1 own" in shown
    assert CLEW in shown
    assert page.read_text(encoding="utf-8") == render_page(report)


def test_an_unknown_set_is_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        program.parse_options(["--sets", "nowhere"])
    assert "expected names among" in capsys.readouterr().err


def test_without_the_baseline_nothing_is_measured(monkeypatch) -> None:
    monkeypatch.setattr("tests.quality.splink_method.is_installed", lambda: False)
    with pytest.raises(SystemExit, match=r"start this program with ./run quality"):
        program.measure(program.parse_options(["--quick"]), notes=None)


def test_the_baseline_gets_the_fields_that_clew_encodes_and_no_truth(labelled: LabelledSet, tmp_path) -> None:
    pairs = [((0, 0), (1, 0)), ((0, 1), (1, 7))]
    write_job(tmp_path, labelled, pairs=pairs, threads=1, seed=1)
    job = json.loads((tmp_path / "job.json").read_text())
    header = (tmp_path / "records.csv").read_text().splitlines()[0].split(",")
    assert job["fields"] == list(labelled.schema.encoded_fields)
    assert header == ["source_dataset", "unique_id", *job["fields"]]
    assert (job["pairs"], job["uk_postcodes"], job["datasets"]) == ("given", True, ["d0", "d1"])
    assert (tmp_path / "candidates.csv").read_text().splitlines() == [
        "l,r",
        "d0-__-0,d1-__-0",
        "d0-__-1,d1-__-7",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"job.json", "records.csv", "candidates.csv"}


def test_values_are_prepared_as_the_baseline_reads_them() -> None:
    prepared = prepare({"surname": " O'Neill ", "dob": "5/1/1980", "postcode": "ab12cd", "sex": "female"})
    assert prepared == {"surname": "oneill", "dob": "1980-01-05", "postcode": "AB1 2CD", "sex": "f"}


def test_origin_is_guessed_from_surname_then_forename(labelled: LabelledSet) -> None:
    first = labelled.files[0].read_people(["forenames", "surname"])[0]
    by_forename = {("forename", first["forenames"]): "one"}
    by_both = {**by_forename, ("surname", first["surname"]): "two"}
    assert guess_origins(labelled.files, by_forename)[0, 0] == "one"
    assert guess_origins(labelled.files, by_both)[0, 0] == "two"
    assert guess_origins(labelled.files, {})[0, 0] == "unlisted"


def test_a_folder_of_ones_own_is_a_set_with_the_groups_it_names(tmp_path) -> None:
    (tmp_path / "a.csv").write_bytes(write_people(1, "a", mistypes=False))
    (tmp_path / "b.csv").write_bytes(write_people(1, "b", mistypes=True))
    (tmp_path / "truth.csv").write_text("rec_id_a,rec_id_b\na0,b0\n")
    (tmp_path / "groups.csv").write_text("rec_id,region\na0,north\nb1,south\na2,\n")
    own = load_folder(tmp_path)
    assert own.truth == {((0, 0), (1, 0))}
    assert own.groups == {"region": {(0, 0): "north", (1, 1): "south"}}


def test_a_folder_without_truth_is_refused(tmp_path) -> None:
    with pytest.raises(SystemExit, match=r"expected a labelled set with truth\.csv"):
        load_folder(tmp_path)
