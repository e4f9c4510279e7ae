"""clkhash and anonlink as their tutorials use them, called directly and on raw columns.

The schema follows the tutorial of clkhash on febrl4 (names and date of birth 200 bits each, everything
else 100, bigrams of text and positional characters of numbers, 1,024 bits, no cleaning), with the same
columns for febrl4 and the same recipe for the other sets; identifiers are left out there and here. The
own threshold is the tutorial's final one, 0.8, or 0.7 for three or more parties as in the multi-party
tutorial of anonlink's entity service; pairs are decided by its greedy solver. anonlink has no flow for
duplicates inside one file: there its kernel compares the file with itself and its probabilistic solver
decides, which is the nearest that its users could do.
"""

import csv
import io
import time
import warnings
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from clkhash import clk
from clkhash.schema import Schema, from_json_dict

from lab.people_file import PeopleFile
from scoring.linkage.evaluation import Pair, get_cluster_pairs, score_quality
from tests.quality.labelled import LabelledSet
from tests.quality.runs import Run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from anonlink.candidate_generation import find_candidate_pairs
    from anonlink.similarities import dice_coefficient
    from anonlink.solving import greedy_solve, probabilistic_greedy_solve

TWO_PARTY_THRESHOLD = 0.8
MULTI_PARTY_THRESHOLD = 0.7
LOWEST_THRESHOLD = 0.6  # of the sweep; the similarity of strangers under these schemas
SWEEP_STEP = 0.01
MAX_CANDIDATES = 100  # per record, as anonlink's `k`: bounds memory where strangers look alike
NAME_BITS, OTHER_BITS = 200, 100

# (column, whether its characters are compared by position, bits): what each set's users would encode.
COLUMNS: dict[str, tuple[tuple[str, bool, int], ...]] = {
    "febrl4": (
        ("given_name", False, NAME_BITS),
        ("surname", False, NAME_BITS),
        ("street_number", True, OTHER_BITS),
        ("address_1", False, OTHER_BITS),
        ("address_2", False, OTHER_BITS),
        ("suburb", False, OTHER_BITS),
        ("postcode", True, OTHER_BITS),
        ("state", False, OTHER_BITS),
        ("date_of_birth", True, NAME_BITS),
    ),
    "anonlink_5party": (
        ("givenname", False, NAME_BITS),
        ("surname", False, NAME_BITS),
        ("dob", True, NAME_BITS),
        ("phone number", True, OTHER_BITS),
    ),
}
POSITIONAL_FIELDS = ("dob", "phone")
LONG_FIELDS = ("forenames", "surname", "full_name", "dob")


def run_anonlink(labelled: LabelledSet, *, secret: bytes) -> Run:
    """Encode raw columns with clkhash, match and solve with anonlink, and judge the result."""
    started = time.perf_counter()
    columns = COLUMNS.get(labelled.name) or choose_columns(labelled)
    encoded = [encode(file, columns, secret) for file in labelled.files]
    own_threshold = TWO_PARTY_THRESHOLD if len(encoded) <= 2 else MULTI_PARTY_THRESHOLD
    decided = decide(find_pairs(encoded, own_threshold, labelled.within), labelled.within)
    seconds = time.perf_counter() - started
    candidates = find_pairs(encoded, LOWEST_THRESHOLD, labelled.within)
    own = score_quality(decided, labelled.truth, threshold=own_threshold)
    sweep = (
        score_quality(decide(above(candidates, t), labelled.within), labelled.truth, threshold=t)
        for t in np.arange(LOWEST_THRESHOLD, 1.0, SWEEP_STEP).tolist()
    )
    best = max([own, *sweep], key=lambda quality: quality.f1)
    return Run(frozenset(decided), frozenset(iterate(candidates)), own, best, seconds)


def choose_columns(labelled: LabelledSet) -> tuple[tuple[str, bool, int], ...]:
    """Return the raw columns behind the fields that Clew encodes, with the tutorial's bits."""
    supplied = labelled.files[0].columns
    return tuple(
        (
            column,
            field in POSITIONAL_FIELDS,
            (NAME_BITS if field in LONG_FIELDS else OTHER_BITS) // len(supplied[field].names),
        )
        for field in labelled.schema.encoded_fields
        for column in supplied[field].names
    )


def build_schema(columns: Sequence[tuple[str, bool, int]]) -> Schema:
    """Return the clkhash schema of these columns."""
    features = [
        {
            "identifier": name,
            "format": {"type": "string", "encoding": "utf-8"},
            "hashing": {
                "comparison": {"type": "ngram", "n": 1 if positional else 2, "positional": positional},
                "strategy": {"bitsPerFeature": bits},
                "hash": {"type": "blakeHash"},
                "missingValue": {"sentinel": ""},
            },
        }
        for name, positional, bits in columns
    ]
    kdf = {"type": "HKDF", "hash": "SHA256", "info": "c2NoZW1hX2V4YW1wbGU=", "keySize": 64}
    return from_json_dict({"version": 3, "clkConfig": {"l": 1024, "kdf": kdf}, "features": features})


def encode(file: PeopleFile, columns: Sequence[tuple[str, bool, int]], secret: bytes) -> list[bytes]:
    """Return a file's encodings, made by clkhash from its raw values."""
    places = [file.header.index(name) for name, _, _ in columns]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([name for name, _, _ in columns])
    writer.writerows([row[place] for place in places] for row in file.rows)
    text.seek(0)
    encodings = clk.generate_clk_from_csv(
        text, secret, build_schema(columns), progress_bar=False, max_workers=1
    )
    return [item.tobytes() for item in encodings]


def find_pairs(encoded: Sequence[Sequence[bytes]], threshold: float, within: bool) -> Any:
    """Return anonlink's candidate pairs at or above a similarity."""
    if not within:
        return find_candidate_pairs(encoded, dice_coefficient, threshold, k=MAX_CANDIDATES)
    similarity, (left, right) = dice_coefficient((encoded[0], encoded[0]), threshold, k=MAX_CANDIDATES)
    return _select((similarity, (array("I", bytes(4 * len(left))),) * 2, (left, right)), np.less(left, right))


def above(candidates: Any, threshold: float) -> Any:
    """Return the candidate pairs at or above a similarity."""
    return _select(candidates, np.frombuffer(candidates[0], dtype=np.float64) >= threshold)


def decide(candidates: Any, within: bool) -> set[Pair]:
    """Return every pair of records that anonlink's solver puts into one group."""
    groups = (
        probabilistic_greedy_solve(candidates, deduplicated=False) if within else greedy_solve(candidates)
    )
    return get_cluster_pairs([[(int(a), int(b)) for a, b in group] for group in groups])


def iterate(candidates: Any) -> Iterator[Pair]:
    """Yield the positions of every candidate pair."""
    _, (dataset_a, dataset_b), (record_a, record_b) = candidates
    for a, i, b, j in zip(dataset_a, record_a, dataset_b, record_b, strict=True):
        yield min((a, i), (b, j)), max((a, i), (b, j))


def _select(candidates: Any, chosen: Any) -> Any:
    similarity, datasets, records = candidates
    return (
        array("d", np.asarray(similarity)[chosen].tolist()),
        tuple(array("I", np.asarray(column)[chosen].tolist()) for column in datasets),
        tuple(array("I", np.asarray(column)[chosen].tolist()) for column in records),
    )
