"""Nominals a second that become rows of every salted view, beside clkhash making one CLK of each.

Same people, one thread. clkhash's caches are emptied before every run. Its encodings are plain: the ratio
says what views cost against what users of clkhash know.
"""

import warnings

from crypto.encoding.schema import FEDERATION_FIELDS, load_built_in_schema
from crypto.encoding.standardise import standardise_record
from crypto.encoding.views import encode_views
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

    views, plain = (load_built_in_schema(name).subset(FEDERATION_FIELDS) for name in ("uk-police", "plain"))
    people = make_people(records)[0]
    peer = plain.to_clkhash()
    rows = sum(len(view.records) for view in encode_views(people, views, secret=SECRET))
    return Sample(
        items=len(people),
        seconds=measure_in_turn(
            {
                "clew": lambda: encode_views(people, views, secret=SECRET),
                "clkhash": lambda: clk.generate_clks(
                    [standardise_record(person, plain.fields) for person in people],
                    peer,
                    SECRET,
                    max_workers=1,
                ),
            },
            before=clear_caches,
        ),
        input_sha256=hash_input(*("\x1f".join(person.values()).encode() for person in people)),
        notes={"rows": rows, "rows_per_nominal": round(rows / len(people), 2)},
    )


if __name__ == "__main__":
    run_benchmark("views", measure, sizes=(1_000, 10_000, 50_000), about=__doc__ or "")
