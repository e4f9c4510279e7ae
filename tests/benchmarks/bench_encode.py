"""Records encoded a second by Clew against clkhash called directly: same schema, same records, same bytes.

clkhash's caches are emptied before every run, as in a fresh process; Clew keeps none. Both run on one
thread. The ratio grows with the number of records, because more of them share values. A size's peak memory is
largely that of the generator of people; ``encoding_peak_mib`` is what one call allocates.
"""

import tracemalloc
import warnings

from crypto.encoding.encoder import encode_people, encode_records
from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from crypto.encoding.standardise import standardise_record
from tests.benchmarks.inputs import SECRET, make_people
from tests.benchmarks.measuring import Sample, hash_input, measure_in_turn, run_benchmark


def measure(records: int) -> Sample:
    """Measure one size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from clkhash import bloomfilter, clk

    def clear_caches() -> None:
        for cached in vars(bloomfilter).values():
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()

    schema = load_built_in_schema("plain").subset(FEDERATION_FIELDS)
    people = make_people(records)[0]
    rows = [standardise_record(person, schema.fields) for person in people]
    peer = schema.to_clkhash()
    tracemalloc.start()
    encodings = encode_records(rows, schema, secret=SECRET)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    clks = clk.generate_clks(rows, peer, SECRET, max_workers=1)
    if b"".join(item.tobytes() for item in clks) != encodings.tobytes():
        raise SystemExit("bench encode: expected clkhash's bytes, got others; the ratio would mean nothing")
    seconds = measure_in_turn(
        {
            "clew": lambda: encode_records(rows, schema, secret=SECRET),
            "clkhash": lambda: clk.generate_clks(rows, peer, SECRET, max_workers=1),
            "standardised": lambda: encode_people(people, schema, secret=SECRET),
        },
        before=clear_caches,
    )
    whole = seconds.pop("standardised")
    return Sample(
        items=len(rows),
        seconds=seconds,
        input_sha256=hash_input(*("\x1f".join(row).encode() for row in rows)),
        notes={
            "with_standardisation_per_s": len(rows) / whole,
            "encoding_peak_mib": round(peak_bytes / 2**20, 1),
            "result_mib": round(encodings.nbytes / 2**20, 1),
        },
    )


if __name__ == "__main__":
    run_benchmark("encode", measure, sizes=(1_000, 10_000, 100_000), about=__doc__ or "")
