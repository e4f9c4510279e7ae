"""Records encoded a second by Clew against clkhash called directly, same schema, same records.

Today Clew calls clkhash, so the ratio shows what standardising and packing cost; the vectorised encoder
comes later and will be measured here.
"""

import warnings
from datetime import date

from crypto.encoding.encoder import clear_clkhash_caches, encode_people, encode_records
from crypto.encoding.schema import get_federation_schema
from crypto.encoding.standardise import standardise_record
from lab.population import generate_federation
from tests.benchmarks.measuring import measure, parse_arguments, report

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from clkhash import clk

SECRET = b"a benchmark protects nothing"


def main() -> None:
    """Measure and print."""
    arguments = parse_arguments(__doc__, records=3_000, repeats=3)
    schema = get_federation_schema()
    federation = generate_federation(
        forces=["essex", "kent"],
        partner="kent-care",
        records_per_force=arguments.records,
        seed=1,
        today=date(2026, 1, 1),
    )
    table = federation.members[0].tables["nominal"].head(arguments.records)
    people = [
        {
            "forenames": r.given_names,
            "surname": r.surname,
            "dob": r.dob,
            "sex": r.sex_recorded,
            "postcode": r.postcode,
        }
        for r in table.itertuples()
    ]
    rows = [standardise_record(person, schema.fields) for person in people]
    whole = measure(lambda: encode_people(people, schema, secret=SECRET), repeats=arguments.repeats)
    ours = measure(lambda: encode_records(rows, schema, secret=SECRET), repeats=arguments.repeats)
    peer = schema.to_clkhash()

    def call_clkhash() -> None:
        clear_clkhash_caches()  # as in a fresh process; Clew's encoder leaves none behind either
        clk.generate_clks(rows, peer, SECRET, max_workers=1)

    theirs = measure(call_clkhash, repeats=arguments.repeats)
    report(
        arguments,
        {
            "records": len(rows),
            "clew_with_standardising_records_per_s": len(rows) / whole,
            "clew_records_per_s": len(rows) / ours,
            "clkhash_records_per_s": len(rows) / theirs,
            "ratio": theirs / ours,
        },
    )


if __name__ == "__main__":
    main()
