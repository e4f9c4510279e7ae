"""Link one prepared job with Splink; runs in .venv-quality, where Clew is not installed.

Takes the folder of a job as its only argument: `job.json` (see :mod:`tests.quality.splink_method`),
`records.csv` with columns source_dataset, unique_id and the job's fields, and, to score given pairs
instead of those of the blocking rules, `candidates.csv` with columns l and r. Writes the pairs that were
scored into `scored.csv` and the rest into `result.json`. It never sees the truth: nothing is supervised.

The model is the usual one of Splink's tutorials: comparisons of its library with their default levels and
term frequencies, u from random pairs, the prior from deterministic rules, m by expectation maximisation
over several blocking rules in turn, decisions by its own clustering at match probability 0.5.
"""

import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import duckdb
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

RECALL_OF_RULES = 0.6  # what is told to Splink about its deterministic rules; its tutorials say 0.6 to 0.8
MAX_TRAINING_PAIRS = 1e7  # random pairs for u; Splink's documentation calls this often adequate
OWN_PROBABILITY = 0.5
MAX_ROWS_TO_CLUSTER = 50_000  # scored pairs up to which its single best links take seconds
MIN_MATCH_WEIGHT = -10.0  # odds of 1 to 1,000: of every pair, those under it are not written out
SEPARATOR = "-__-"  # how Splink joins source_dataset and unique_id

# Exact agreement on all fields of a rule is held to be a match when the prior is estimated.
DETERMINISTIC = (
    ("forenames", "surname", "dob"),
    ("full_name", "dob"),
    ("surname", "dob", "postcode"),
    ("forenames", "dob", "postcode"),
    ("forenames", "surname", "postcode"),
    ("full_name", "postcode"),
    ("forenames", "surname", "email"),
)
# Pairs that agree on one of these are scored: the pattern of Splink's examples, with every rule whose
# columns a data set has, and looser than most of them, which suits sets of this size and helps recall.
BLOCKING = (
    ("dob",),
    ("postcode",),
    ("full_name",),
    ("surname", "substr(forenames,1,1)"),
    ("substr(surname,1,4)", "substr(forenames,1,3)"),
    ("substr(surname,1,2)", "substr(forenames,1,2)", "substr(dob,1,4)"),
    ("surname", "substr(dob,1,4)"),
    ("forenames", "substr(dob,1,4)"),
    ("substr(postcode,1,3)", "forenames"),
    ("substr(postcode,1,3)", "surname"),
    ("surname", "town"),
    ("forenames", "town"),
    ("surname", "birth_place"),
    ("national_id",),
    ("email",),
    ("phone",),
    ("pncid",),
    ("nhs_number",),
)
# m is estimated among pairs that agree on each of these in turn, for the comparisons that a rule leaves free.
TRAINING = (("forenames", "surname"), ("full_name",), ("dob",), ("postcode",), ("email",), ("phone",))


def main() -> None:
    """Run the job of the folder given on the command line."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    started = time.perf_counter()
    connection = duckdb.connect()
    connection.execute(f"SET threads TO {int(job['threads'])}")
    api = DuckDBAPI(connection)
    linker = train(api, folder, job)
    if job["pairs"] == "given":
        give_pairs(api, linker, folder)
    # Every pair is millions: the hopeless ones are dropped as they are scored.
    floor = MIN_MATCH_WEIGHT if job["pairs"] == "all" else None
    scored = linker.inference.predict(threshold_match_weight=floor)
    # Single best links of many records or files take many minutes: the caller makes them from the scores.
    has_own = job["within"] or (len(job["datasets"]) == 2 and count_rows(scored) <= MAX_ROWS_TO_CLUSTER)
    own = decide(linker, scored, job, OWN_PROBABILITY) if has_own else None
    seconds = time.perf_counter() - started
    scored.to_csv(str(folder / "scored.csv"), overwrite=True)
    result = {
        "seconds": seconds,
        "own": own,
        "versions": {"splink": splink.__version__, "duckdb": duckdb.__version__},
    }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def count_rows(table: Any) -> int:
    """Return how many pairs were scored."""
    return int(table.as_duckdbpyrelation().count("*").fetchall()[0][0])


def train(api: DuckDBAPI, folder: Path, job: dict[str, Any]) -> Linker:
    """Return a linker with the estimated model."""
    fields, names = job["fields"], job["datasets"]
    tables = []
    for name in names:
        records = api.duckdb_con.read_csv(str(folder / "records.csv"), header=True, all_varchar=True)
        records.filter(f"source_dataset = '{name}'").create(name)
        tables.append(api.register(name, dataset_display_name=name))
    rules = ["1=1"] if job["pairs"] == "all" else [block_on(*rule) for rule in pick(BLOCKING, fields)]
    settings = SettingsCreator(
        link_type="dedupe_only" if job["within"] else "link_only",
        comparisons=[compare(field, job["uk_postcodes"]) for field in fields],
        blocking_rules_to_generate_predictions=rules,
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(tables, settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in pick(DETERMINISTIC, fields)], recall=RECALL_OF_RULES
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_TRAINING_PAIRS, seed=job["seed"])
    for rule in pick(TRAINING, fields):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    return linker


def compare(field: str, uk_postcodes: bool) -> Any:
    """Return the library's comparison for a field, with its default levels."""
    if field in ("forenames", "surname", "full_name", "middle_name"):
        return cl.NameComparison(field)
    if field == "dob":
        return cl.DateOfBirthComparison(field, input_is_string=True, invalid_dates_as_null=False)
    if field == "postcode" and uk_postcodes:
        return cl.PostcodeComparison(field)
    if field == "email":
        return cl.EmailComparison(field)
    if field in ("address", "town", "birth_place"):
        return cl.JaroWinklerAtThresholds(field, [0.9, 0.7]).configure(term_frequency_adjustments=True)
    if field == "sex":
        return cl.ExactMatch(field)
    return cl.LevenshteinAtThresholds(field, [1, 2])


def pick(rules: tuple[tuple[str, ...], ...], fields: list[str]) -> list[tuple[str, ...]]:
    """Return the rules whose columns are all there."""
    return [rule for rule in rules if all(column_of(part) in fields for part in rule)]


def column_of(part: str) -> str:
    return part.removeprefix("substr(").partition(",")[0]


def give_pairs(api: DuckDBAPI, linker: Linker, folder: Path) -> None:
    """Let Splink score the pairs of `candidates.csv` and no others."""
    pairs = api.duckdb_con.read_csv(str(folder / "candidates.csv"), header=True, all_varchar=True)
    pairs.project("'0' AS match_key, l AS join_key_l, r AS join_key_r").create("given_pairs")
    linker.table_management.register_blocked_pairs_for_predict(api.register("given_pairs"))


def decide(linker: Linker, scored: Any, job: dict[str, Any], probability: float) -> list[list[str]]:
    """Return the clusters of two or more records that Splink forms at a match probability.

    Files hold a person at most once, which Splink's single best links respect; duplicates inside one
    file are clustered as connected components, which is its usual way.
    """
    if job["within"]:
        table = linker.clustering.cluster_pairwise_predictions_at_threshold(
            scored, threshold_match_probability=probability
        )
    else:
        table = linker.clustering.cluster_using_single_best_links(
            scored, duplicate_free_datasets=job["datasets"], threshold_match_probability=probability
        )
    clusters: dict[str, list[str]] = {}
    for row in table.as_record_list():
        record = (row["unique_id"],) if job["within"] else (row["source_dataset"], row["unique_id"])
        clusters.setdefault(row["cluster_id"], []).append(SEPARATOR.join(record))
    return [sorted(cluster) for cluster in clusters.values() if len(cluster) > 1]


if __name__ == "__main__":
    main()
