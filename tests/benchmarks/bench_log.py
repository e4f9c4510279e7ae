"""Durable log appends a second, each committed with ``synchronous=FULL`` before it is answered.

DESIGN section 16 asks for 500 a second; group commit is not built yet, so this shows how far one commit
an entry goes. The peer is a plain append and fsync of the same bytes to a file, the floor of durability.
"""

import os
import tempfile
from pathlib import Path

from coordinator.store import tables
from coordinator.store.log import LogStore
from coordinator.transparency import TransparencyLog
from crypto.signing import SigningKey
from protos.hosting.database import open_database
from tests.benchmarks.measuring import Sample, hash_input, measure_in_turn, run_benchmark


def measure(entries: int) -> Sample:
    """Measure one size; appends go on in one log, so later ones meet a larger tree."""
    with tempfile.TemporaryDirectory() as directory:
        engine = open_database(Path(directory) / "log.db", tables.metadata)
        log = TransparencyLog(LogStore(engine), key=SigningKey.generate(), origin="bench/log")
        numbers = iter(range(1_000_000_000))

        def append() -> None:
            for _ in range(entries):
                log.append(_make_entry(next(numbers)))

        def append_to_file() -> None:
            with (Path(directory) / "plain").open("ab") as stream:
                for _ in range(entries):
                    stream.write(_make_entry(next(numbers)))
                    stream.flush()
                    os.fsync(stream.fileno())

        seconds = measure_in_turn({"clew": append, "fsync": append_to_file})
        engine.dispose()
    return Sample(entries, seconds, hash_input(*(_make_entry(n) for n in range(entries))), {})


def _make_entry(number: int) -> bytes:
    return number.to_bytes(8, "big") * 64  # as long as a typical signed entry


if __name__ == "__main__":
    run_benchmark("log", measure, sizes=(100, 400), about=__doc__ or "")
