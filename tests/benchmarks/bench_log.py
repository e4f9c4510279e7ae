"""Durable log appends a second, and the time from an append to its checkpoint and proof.

Every append is committed with ``synchronous=FULL`` before it is answered. DESIGN section 16 asks for
500 a second; group commit is not built yet, so this shows how far one commit an entry goes.
"""

import statistics
import tempfile
import time
from pathlib import Path

from coordinator.store import tables
from coordinator.store.log import LogStore
from coordinator.transparency import TransparencyLog
from crypto.signing import SigningKey
from protos.hosting.database import open_database
from tests.benchmarks.measuring import parse_arguments, report


def main() -> None:
    """Measure and print."""
    arguments = parse_arguments(__doc__, entries=2_000)
    with tempfile.TemporaryDirectory() as directory:
        engine = open_database(Path(directory) / "log.db", tables.metadata)
        log = TransparencyLog(LogStore(engine), key=SigningKey.generate(), origin="bench/log")
        seconds = []
        started = time.perf_counter()
        for number in range(arguments.entries):
            before = time.perf_counter()
            log.append(number.to_bytes(8, "big") * 64)  # as long as a typical signed entry
            seconds.append(time.perf_counter() - before)
        total = time.perf_counter() - started
        engine.dispose()
    report(
        arguments,
        {
            "entries": arguments.entries,
            "durable_appends_per_s": arguments.entries / total,
            "append_to_checkpoint_ms_median": 1000 * statistics.median(seconds),
            "append_to_checkpoint_ms_p99": 1000 * statistics.quantiles(seconds, n=100)[98],
        },
    )


if __name__ == "__main__":
    main()
