"""Records matched a second over a whole round of three members: pairs, mixture, clusters, probabilities.

The peer is anonlink as its users run it: candidate pairs over a fixed threshold, then its greedy solver,
on the same encodings. It fits no probability.
"""

import warnings

from tests.benchmarks.inputs import make_encodings
from tests.benchmarks.measuring import Sample, hash_input, measure_in_turn, run_benchmark
from tests.support.linkage import link_datasets

USERS_THRESHOLD = 0.8


def measure(records: int) -> Sample:
    """Measure one size: three forces of ``records`` each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from anonlink import candidate_generation, similarities, solving
        from bitarray import bitarray

    encodings = make_encodings(records)
    rows = []
    for side in encodings:
        rows.append([bitarray() for _ in side])
        for target, row in zip(rows[-1], side, strict=True):
            target.frombytes(row.tobytes())

    def call_anonlink() -> object:
        pairs = candidate_generation.find_candidate_pairs(
            rows, similarities.dice_coefficient_accelerated, USERS_THRESHOLD
        )
        return solving.greedy_solve(pairs)

    return Sample(
        items=sum(len(side) for side in encodings),
        seconds=measure_in_turn({"clew": lambda: link_datasets(encodings), "anonlink": call_anonlink}),
        input_sha256=hash_input(*(side.tobytes() for side in encodings)),
        notes={"members": len(encodings), "anonlink_threshold": USERS_THRESHOLD},
    )


if __name__ == "__main__":
    run_benchmark("round", measure, sizes=(500, 1_000, 2_000), about=__doc__ or "")
