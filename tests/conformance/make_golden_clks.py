"""Write vectors/golden_clks.json with clkhash alone; run as ``python -m tests.conformance.make_golden_clks``.

The vectors were written once and are kept: a change of clkhash or of its dependencies that moves a
single bit fails the test that reads them.
"""

import json
from pathlib import Path

from clkhash import clk, schema, serialization

VECTORS = Path(__file__).parent / "vectors" / "golden_clks.json"
SECRET = "an invented secret"
HASHING = {"hash": {"type": "blakeHash"}, "comparison": {"type": "ngram", "n": 2}}
SCHEMA = {
    "version": 3,
    "clkConfig": {"l": 512, "kdf": {"type": "HKDF", "hash": "SHA256", "info": "dGVzdA==", "keySize": 64}},
    "features": [
        {"identifier": "index", "ignored": True},
        {
            "identifier": "name",
            "format": {"type": "string", "encoding": "utf-8"},
            "hashing": {**HASHING, "strategy": {"bitsPerFeature": 120}},
        },
        {
            "identifier": "dob",
            "format": {"type": "date", "format": "%Y-%m-%d"},
            "hashing": {
                "comparison": {"type": "ngram", "n": 1, "positional": True},
                "strategy": {"bitsPerToken": 12},
                "missingValue": {"sentinel": "", "replaceWith": "00000000"},
            },
        },
        {
            "identifier": "sex",
            "format": {"type": "enum", "values": ["M", "F", "X"]},
            "hashing": {
                "comparison": {"type": "exact"},
                "strategy": {"bitsPerToken": 30},
                "missingValue": {"sentinel": ""},
            },
        },
        {
            "identifier": "visits",
            "format": {"type": "integer", "minimum": 0},
            "hashing": {
                "comparison": {"type": "numeric", "thresholdDistance": 5, "resolution": 4},
                "strategy": {"bitsPerFeature": 60},
                "missingValue": {"sentinel": ""},
            },
        },
    ],
}
PEOPLE = [
    ["1", "ada poole", "1990-02-01", "F", "3"],
    ["2", "Łucja Ö. Święta", "1900-12-31", "X", "0"],
    ["3", "", "", "", ""],
    ["4", "юлия", "2004-02-29", "M", "12345"],
]


def main() -> None:
    """Write the vectors."""
    parsed = schema.from_json_dict(json.loads(json.dumps(SCHEMA)))
    clks = clk.generate_clks(PEOPLE, parsed, SECRET, max_workers=1)
    vectors = {
        "schema": SCHEMA,
        "secret": SECRET,
        "people": PEOPLE,
        "clks": [serialization.serialize_bitarray(item) for item in clks],
    }
    VECTORS.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
