"""Record pairs compared a second by Clew's matching against anonlink called directly: same encodings.

Today Clew calls anonlink's own kernel in chunks, so the ratio shows what that costs; the kernel that is
to beat it comes later and is measured here.
"""

import warnings

from scoring.linkage.matching import find_candidate_pairs
from tests.benchmarks.inputs import make_encodings
from tests.benchmarks.measuring import Sample, hash_input, measure_in_turn, run_benchmark

FLOOR = 0.8


def measure(records: int) -> Sample:
    """Measure one size: two forces of ``records`` each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from anonlink.similarities import dice_coefficient

    left, right = make_encodings(records)[:2]
    rows = [[row.tobytes() for row in side] for side in (left, right)]
    return Sample(
        items=len(left) * len(right),
        seconds=measure_in_turn(
            {
                "clew": lambda: find_candidate_pairs([left, right], floor=FLOOR),
                "anonlink": lambda: dice_coefficient((rows[0], rows[1]), FLOOR),
            }
        ),
        input_sha256=hash_input(left.tobytes(), right.tobytes()),
        notes={"similarity_floor": FLOOR},
    )


if __name__ == "__main__":
    run_benchmark("matching", measure, sizes=(500, 1_000, 2_000, 4_000), about=__doc__ or "")
