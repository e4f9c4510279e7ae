from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from lab.attacks.report.chart import Dot, draw_chart
from lab.attacks.report.document import render_chart, render_document
from lab.attacks.report.page import render_page
from lab.attacks.results import (
    AttackResult,
    Conditions,
    ControlResult,
    Count,
    Run,
    SchemeQuality,
    TyingMeasure,
)
from tests.unit.lab.attacks.samples import FAILED, QUALITY, TYING, make_result, make_run

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def runs() -> list[Run]:
    return [replace(make_run(make_result("plain", 998), make_result("blip <f>", 3)), tying=(TYING,))]


def list_names(svg: str) -> list[tuple[str, float]]:
    root = ElementTree.fromstring(svg)  # noqa: S314 - made by the line above, not untrusted
    groups = [group.find(f"{SVG}text") for group in root.findall(f"{SVG}g")]
    return [(str(text.text), float(text.attrib["y"])) for text in groups if text is not None]


def test_the_chart_is_well_formed_and_described(runs: list[Run]) -> None:
    root = ElementTree.fromstring(render_chart(runs))  # noqa: S314 - made here, not untrusted
    described = [child.attrib["id"] for child in root if child.tag in (f"{SVG}title", f"{SVG}desc")]
    assert described == root.attrib["aria-labelledby"].split()
    assert "plain: F1 0.985, 99.80% re-identified" in str(root.findtext(f"{SVG}desc"))


def test_names_never_cover_one_another_and_stay_on_the_chart() -> None:
    svg = draw_chart([Dot(f"scheme-{number}", 0.98, 0.0, 0.0, 0.001) for number in range(15)])
    heights = [y for _, y in list_names(svg)]
    assert all(below - above >= 17.9 for above, below in pairwise(heights))
    assert max(heights) < 400


def test_what_nobody_was_found_in_is_hollow_at_the_foot() -> None:
    assert draw_chart([Dot("safe", 0.99, 0.0, 0.0, 0.001)]).count('fill="#ffffff" stroke') == 1
    assert 'fill="#ffffff" stroke' not in draw_chart([Dot("weak", 0.99, 0.5, 0.4, 0.6)])


@pytest.mark.parametrize(
    ("f1", "ticks"),
    [(0.995, ["1", "0.995", "0.99", "0.985", "0.98"]), (0.0, ["1", "0.8", "0.6", "0.4", "0.2", "0"])],
)
def test_the_axis_of_quality_fits_what_is_on_it(f1: float, ticks: list[str]) -> None:
    root = ElementTree.fromstring(draw_chart([Dot("one", f1, 0.5, 0.4, 0.6)]))  # noqa: S314 - made here
    labels = [str(text.text) for text in root.findall(f"{SVG}text") if text.get("text-anchor") == "middle"]
    assert labels[: len(ticks)] == ticks


def test_without_results_the_chart_says_so() -> None:
    assert "No scheme has both figures yet" in render_chart([])


def test_the_page_has_verdict_table_and_tying_and_escapes_names(runs: list[Run]) -> None:
    page = render_page(runs)
    assert "Everyone is re-identified" in page
    assert "blip &lt;f&gt;" in page
    assert "blip <f>" not in page
    assert '<th scope="row">graph matching</th>' in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_void_page_says_so_and_judges_nothing() -> None:
    page = render_page([make_run(make_result("plain", 0), control=FAILED)])
    assert 'role="alert">VOID: plain encodings' in page
    assert "Fewer than" not in page


def test_the_document_has_every_attack_with_its_source_and_the_figures(runs: list[Run]) -> None:
    text = render_document(runs)
    assert "**Graph matching** (`graph-matching`)" in text
    assert "Vidanage" in text
    assert "| plain | 99.8% |" in text
    assert f"{QUALITY.f1:.4f}" in text
    assert "Measured with cores 2, clew 0." in text


def test_a_void_run_is_named_in_the_document_and_its_figures_are_not_used() -> None:
    text = render_document([make_run(make_result("plain", 0), control=FAILED)])
    assert "**VOID: plain encodings" in text
    assert "### plain" not in text


def test_tying_is_told_against_chance() -> None:
    run = replace(make_run(make_result("coarse-views", 0)), tying=(TYING,))
    assert "tying views by bits: 2.00 times chance (95%: 1.47 to 2.71)" in render_document([run])
    more = replace(TYING, second="surname", hits=10)
    text = render_document([replace(run, tying=(TYING, more))])
    assert "by bits: 1.25 times chance (95%: 0.95 to 1.64); best of 2 pairs 2.00, dob and forename" in text


def test_an_attack_with_nothing_to_go_by_is_told_from_one_that_failed() -> None:
    named, silent = make_result("plain", 0, named=Count(0, 9)), make_result("blip", 0)
    text = render_document([make_run(named, replace(silent, named=Count(0, 0)))])
    assert "| 0% of 1,000 |" in text
    assert "| names none of 1,000 |" in text


def test_the_document_names_every_field_of_the_results_file() -> None:
    text = render_document([])
    kinds = (Run, Conditions, ControlResult, SchemeQuality, AttackResult, TyingMeasure)
    missing = [field for kind in kinds for field in kind.__dataclass_fields__ if f"`{field}`" not in text]
    assert missing == []
