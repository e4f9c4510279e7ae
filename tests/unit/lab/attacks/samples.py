"""Made results for tests of the lab's reports."""

from dataclasses import replace

from lab.attacks.results import (
    AttackResult,
    Conditions,
    ControlResult,
    Count,
    Run,
    SchemeQuality,
    TyingMeasure,
)

CONDITIONS = Conditions("made", 1000, "national", 1, "2026-01-05", {"cores": "2"}, {"clew": "0"})
MET = ControlResult("plain encodings", 0.95, Count(99, 100))
FAILED = ControlResult("plain encodings", 0.95, Count(9, 100))
QUALITY = SchemeQuality("plain", 0.99, 0.98, 0.985, 300)
TYING = TyingMeasure("coarse-views", "bits", "dob", "forename", 40, 2000, 0.01, 2.0)
NOBODY_RESOLVED = Count(0, 0)


def make_result(scheme: str, hits: int, *, trials: int = 1000, **changes: object) -> AttackResult:
    values = {
        "attack": "graph-matching",
        "coverage": 1.0,
        "anchors": 0,
        "listed": Count(hits, trials),
        "resolved": NOBODY_RESOLVED,
        "named": Count(hits, trials),
        "seconds": 1.5,
        **changes,
    }
    return AttackResult(scheme, **values)  # type: ignore[arg-type]


def make_run(*results: AttackResult, control: ControlResult = MET, seed: int = 1) -> Run:
    return Run(replace(CONDITIONS, seed=seed), (control,), (QUALITY,), results, ())
