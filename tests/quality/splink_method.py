"""Splink, plaintext and unsupervised, as a baseline: prepares its job, runs it apart, reads its decisions.

Splink lives in .venv-quality (see ``./run quality``) and is only ever started as a process. It gets the
values of the fields that Clew encodes, standardised by the same code but for dates, which it parses
itself, so a difference is the method's and not the cleaning's.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from crypto.encoding.standardise import parse_date_parts, standardise_value
from scoring.linkage.evaluation import Pair, get_cluster_pairs, score_quality
from scoring.linkage.matching import Position
from tests.quality.greedy import decide_greedy, find_best_greedy
from tests.quality.labelled import LabelledSet
from tests.quality.runs import Run

ENVIRONMENT = Path(__file__).parents[2] / ".venv-quality"
PROGRAM = Path(__file__).with_name("splink_baseline.py")
SEPARATOR = "-__-"
UK_POSTCODE = re.compile(r"^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$")
TIMEOUT_S = 3_600
OWN_MATCH_WEIGHT = 0.0  # match probability 0.5, Splink's own threshold here; the scale is log2 of the odds


@dataclass(frozen=True, slots=True, eq=False)
class SplinkRun:
    """What one Splink process decided.

    Attributes:
        own: Pairs that Splink's clustering decided at match probability 0.5; None for more than two
            files or many records, where it takes many minutes.
        scored: (match weight, pair) for every pair that it scored.
        seconds: From reading the records to the own decision.
        versions: Of Splink and DuckDB.
    """

    own: frozenset[Pair] | None
    scored: tuple[tuple[float, Pair], ...]
    seconds: float
    versions: dict[str, str]


def is_installed() -> bool:
    """Return whether the isolated environment is there."""
    return (ENVIRONMENT / "bin" / "python").exists()


def run_splink(
    labelled: LabelledSet, *, pairs: Literal["blocked", "all"] | Iterable[Pair], threads: int, seed: int
) -> SplinkRun:
    """Link a set with Splink.

    Args:
        labelled: The set; its truth is not passed on.
        pairs: Which pairs it scores: those of its blocking rules, all, or the given ones.
        threads: Threads of DuckDB.
        seed: Of Splink's random pairs.
    """
    with tempfile.TemporaryDirectory(prefix="clew-splink-") as name:
        folder = Path(name)
        write_job(folder, labelled, pairs=pairs, threads=threads, seed=seed)
        outcome = subprocess.run(
            [ENVIRONMENT / "bin" / "python", PROGRAM, folder],
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        if outcome.returncode:
            raise RuntimeError(f"Splink failed on {labelled.name}:\n{outcome.stderr[-3000:]}")
        return _read_result(folder)


def judge_splink(run: SplinkRun, labelled: LabelledSet) -> Run:
    """Return the run judged.

    The greedy pass gives what Splink's single best links would: where both are there they are equal. It
    finds the best threshold, and the own decision where Splink's own takes too long.
    """
    decided = run.own
    if decided is None:
        decided = decide_greedy(run.scored, threshold=OWN_MATCH_WEIGHT, within=labelled.within)
    own = score_quality(decided, labelled.truth, threshold=OWN_MATCH_WEIGHT)
    best = find_best_greedy(run.scored, labelled.truth, within=labelled.within)
    return Run(
        decided=decided,
        scored=frozenset(pair for _, pair in run.scored),
        own=own,
        best=max(own, best, key=lambda quality: quality.f1),
        seconds=run.seconds,
    )


def write_job(
    folder: Path,
    labelled: LabelledSet,
    *,
    pairs: Literal["blocked", "all"] | Iterable[Pair],
    threads: int,
    seed: int,
) -> None:
    """Write `job.json`, `records.csv` and, where pairs are given, `candidates.csv`."""
    fields = list(labelled.schema.encoded_fields)
    rows = [
        {"source_dataset": f"d{dataset}", "unique_id": str(record), **prepare(person)}
        for dataset, people in enumerate(labelled.read_fields())
        for record, person in enumerate(people)
    ]
    frame = pd.DataFrame(rows, columns=["source_dataset", "unique_id", *fields])
    postcodes = frame["postcode"][frame["postcode"] != ""] if "postcode" in fields else pd.Series(dtype=str)
    is_uk = bool(postcodes.str.contains(" ").mean() > 0.5) if len(postcodes) else False
    frame.to_csv(folder / "records.csv", index=False)
    if not isinstance(pairs, str):
        ids = [(_write_id(a, labelled.within), _write_id(b, labelled.within)) for a, b in pairs]
        pd.DataFrame(ids, columns=["l", "r"]).to_csv(folder / "candidates.csv", index=False)
    job = {
        "datasets": [f"d{dataset}" for dataset in range(len(labelled.files))],
        "fields": fields,
        "within": labelled.within,
        "uk_postcodes": is_uk,
        "pairs": pairs if isinstance(pairs, str) else "given",
        "threads": threads,
        "seed": seed,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")


def prepare(person: dict[str, str]) -> dict[str, str]:
    """Return a record's values in the form that Splink's library comparisons expect."""
    values = {field: standardise_value(field, value).lower() for field, value in person.items()}
    if day := parse_date_parts(person.get("dob", "")):
        values["dob"] = day.isoformat()
    if UK_POSTCODE.match(code := values.get("postcode", "").upper()):
        values["postcode"] = f"{code[:-3]} {code[-3:]}"
    return values


def _write_id(position: Position, within: bool) -> str:
    return str(position[1]) if within else f"d{position[0]}{SEPARATOR}{position[1]}"


def _to_position(text: str) -> Position:
    dataset, _, record = text.rpartition(SEPARATOR)
    return int(dataset[1:] or 0), int(record)


def _read_result(folder: Path) -> SplinkRun:
    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    scored = pd.read_csv(folder / "scored.csv", dtype={"unique_id_l": int, "unique_id_r": int})
    left, right = (_read_positions(scored, side) for side in "lr")
    clusters = result["own"]
    return SplinkRun(
        own=None
        if clusters is None
        else frozenset(get_cluster_pairs([list(map(_to_position, cluster)) for cluster in clusters])),
        scored=tuple(
            (weight, (min(pair), max(pair)))
            for weight, *pair in zip(scored["match_weight"].tolist(), left, right, strict=True)
        ),
        seconds=result["seconds"],
        versions=result["versions"],
    )


def _read_positions(scored: pd.DataFrame, side: str) -> list[Position]:
    records = scored[f"unique_id_{side}"].tolist()
    column = f"source_dataset_{side}"
    datasets = scored[column].str[1:].astype(int).tolist() if column in scored else [0] * len(records)
    return list(zip(datasets, records, strict=True))
