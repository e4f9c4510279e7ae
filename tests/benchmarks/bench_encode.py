"""Records encoded a second by Clew against clkhash called directly: same schema, same records.

Today Clew calls clkhash, so the ratio shows what packing costs; the vectorised encoder comes later and
is measured here. Caches are cold for both, as in a fresh process.
"""

import warnings

from crypto.encoding.encoder import clear_clkhash_caches, encode_people, encode_records
from crypto.encoding.schema import get_federation_schema
from crypto.encoding.standardise import standardise_record
from tests.benchmarks.inputs import SECRET, make_people
from tests.benchmarks.measuring import Sample, hash_input, measure_in_turn, run_benchmark


def measure(records: int) -> Sample:
    """Measure one size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from clkhash import clk

    schema = get_federation_schema()
    people = make_people(records)[0]
    rows = [standardise_record(person, schema.fields) for person in people]
    peer = schema.to_clkhash()
    seconds = measure_in_turn(
        {
            "clew": lambda: encode_records(rows, schema, secret=SECRET),
            "clkhash": lambda: clk.generate_clks(rows, peer, SECRET, max_workers=1),
            "standardised": lambda: encode_people(people, schema, secret=SECRET),
        },
        before=clear_clkhash_caches,
    )
    whole = seconds.pop("standardised")
    return Sample(
        items=len(rows),
        seconds=seconds,
        input_sha256=hash_input(*("\x1f".join(row).encode() for row in rows)),
        notes={"with_standardisation_per_s": len(rows) / whole},
    )


if __name__ == "__main__":
    run_benchmark("encode", measure, sizes=(500, 1_000, 2_000, 4_000), about=__doc__ or "")
