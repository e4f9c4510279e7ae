"""Candidate pairs a second through Clew's matching against anonlink called directly, same encodings.

Today Clew calls anonlink's own kernel, so the ratio shows what the wrapping costs; the kernel that is
to beat it comes later and will be measured here.
"""

import warnings

import numpy as np

from scoring.linkage.matching import find_candidate_pairs
from tests.benchmarks.measuring import measure, parse_arguments, report

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from anonlink.similarities import dice_coefficient

FLOOR = 0.8
CLK_BYTES = 128
FILL = 0.35  # share of bits set in an encoding of the built-in schema


def main() -> None:
    """Measure and print."""
    arguments = parse_arguments(__doc__, records=4_000, repeats=5)
    rng = np.random.default_rng(7)
    left, right = (
        np.packbits(rng.random((arguments.records, 8 * CLK_BYTES)) < FILL, axis=1) for _ in range(2)
    )
    rows = [[row.tobytes() for row in side] for side in (left, right)]
    ours = measure(lambda: find_candidate_pairs([left, right], floor=FLOOR), repeats=arguments.repeats)
    theirs = measure(lambda: dice_coefficient((rows[0], rows[1]), FLOOR), repeats=arguments.repeats)
    pairs = arguments.records**2
    report(
        arguments,
        {
            "records_each_side": arguments.records,
            "clew_million_pairs_per_s": pairs / ours / 1e6,
            "anonlink_million_pairs_per_s": pairs / theirs / 1e6,
            "ratio": theirs / ours,
        },
    )


if __name__ == "__main__":
    main()
