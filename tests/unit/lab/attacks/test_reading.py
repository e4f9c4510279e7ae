import json
from dataclasses import replace

import pytest

from crypto.errors import InputError
from lab.attacks.report.reading import (
    VOID,
    describe_void,
    list_failures,
    pool_results,
    read_runs,
    show_share,
)
from lab.attacks.results import ControlResult, Count, Run, parse_runs, to_json
from tests.unit.lab.attacks.samples import CONDITIONS, FAILED, QUALITY, TYING, make_result, make_run


@pytest.mark.parametrize(
    ("hits", "verdict"),
    [
        (999, "Everyone is re-identified (99.9% by graph matching, list covers 100%, nobody known)."),
        (
            31,
            "At most 3.1% are re-identified (95%: up to 4.4%), by graph matching, list covers 100%, "
            "nobody known.",
        ),
        (0, "Fewer than 0.38% are re-identified, with 95% confidence; none was found."),
    ],
)
def test_a_verdict_gives_the_upper_end_and_never_zero(hits: int, verdict: str) -> None:
    (reading,) = read_runs([make_run(make_result("plain", hits))])
    assert reading.verdict == verdict


def test_a_verdict_tells_chance_where_it_could_explain_what_was_reached() -> None:
    (reading,) = read_runs([make_run(make_result("plain", 6, chance=0.0024))])
    assert reading.verdict.endswith("nobody known; at random 0.24% would be.")


def test_the_worst_attack_stands_first_and_the_widest_interval_bounds_the_verdict() -> None:
    rows = make_result("plain", 5), make_result("plain", 0, trials=20, coverage=0.2)
    (reading,) = read_runs([make_run(*rows)])
    assert [row.coverage for row in reading.rows] == [1.0, 0.2]
    assert reading.upper == Count(0, 20).interval[1]


def test_a_leaked_secret_is_shown_and_judges_no_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.attacks.catalogue import ATTACKS, Attack, Need

    limit = Attack("leak", "leak", "", "", frozenset({Need.LEAK}), lambda observation, _: ())
    monkeypatch.setitem(ATTACKS, "leak", limit)
    (reading,) = read_runs([make_run(make_result("plain", 1), make_result("plain", 1000, attack="leak"))])
    assert reading.rows[0].attack == "leak"
    assert reading.worst is not None
    assert reading.worst.attack == "graph-matching"


def test_runs_of_other_seeds_are_counted_together_and_of_the_same_replaced() -> None:
    runs = [
        make_run(make_result("plain", 1), seed=1),
        make_run(make_result("plain", 2), seed=2),
        make_run(make_result("plain", 4), seed=1),
    ]
    (row,) = pool_results(runs)
    assert (row.listed, row.runs) == (Count(6, 2000), 2)


def test_a_void_run_says_nothing_about_any_scheme() -> None:
    runs = [make_run(make_result("plain", 0), control=FAILED)]
    assert read_runs(runs) == ()
    (reading,) = read_runs(runs, are_void=True)
    assert (reading.verdict, reading.worst) == (VOID, None)
    assert describe_void(runs) == (
        "VOID: plain encodings must be re-identified at 95% or more, and 9.0% of 100 were. Nothing in this "
        "run shows that anything is safe; measure again with more records.",
    )


def test_a_run_without_controls_is_void() -> None:
    run = Run(CONDITIONS, results=(make_result("plain", 0),))
    assert run.is_void
    assert describe_void([run])[0].startswith("VOID: no positive control was run")


def test_a_control_that_broke_down_is_not_met() -> None:
    broken = ControlResult("plain encodings", 0.95, Count(100, 100), failure="ValueError")
    assert not broken.is_met
    assert "the attack broke down (ValueError)" in describe_void([make_run(control=broken)])[0]


def test_what_failed_is_listed_and_counts_nowhere() -> None:
    failed = make_result("plain", 0, trials=0, failure="ValueError")
    runs = [make_run(failed)]
    assert list_failures(runs) == (failed,)
    assert pool_results(runs) == ()


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0%"), (1, "100%"), (0.9999, "99.9%"), (0.5, "50.0%"), (0.0077, "0.77%"), (0.000004, "<0.01%")],
)
def test_shares_are_shown_with_the_decimals_they_need(share: float, shown: str) -> None:
    assert show_share(share) == shown


def test_json_comes_back_as_it_was() -> None:
    run = replace(make_run(make_result("plain", 7)), tying=(TYING,), qualities=(QUALITY,))
    assert parse_runs(json.loads(json.dumps(to_json([run]))), name="results") == (run,)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"format": "clew-attack/0"}, "kept.json: expected results of format clew-attack/1"),
        ([], "kept.json: expected results of format clew-attack/1"),
        ({"format": "clew-attack/1", "runs": [{}]}, "that are not whole"),
    ],
)
def test_other_results_are_refused(body: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_runs(body, name="kept.json")
