"""What every benchmark does alike: same input for every peer, medians, memory, growth, one JSON form.

A benchmark is a function from a size to a :class:`Sample`. Each size runs in a fresh process, so that
its peak memory is its own and no cache is warm; every contender gets the same input and one thread.
Nothing here asserts anything about time.
"""

import argparse
import hashlib
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

REPEATS = 5
INTERESTING_FLAGS = ("popcnt", "sse4_2", "avx2", "avx512f", "avx512bw", "avx512_vpopcntdq", "aes", "sha_ni")
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Sample:
    """One size, measured.

    Args:
        items: How many items one run handles (records, pairs, appends).
        seconds: Median seconds of each contender by name; ``clew`` is ours.
        input_sha256: Digest of the input that all contenders got.
        notes: Further figures.
    """

    items: int
    seconds: Mapping[str, float]
    input_sha256: str
    notes: Mapping[str, float | int | str]


def measure_in_turn(
    acts: Mapping[str, Callable[[], object]], *, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Return each contender's median wall-clock seconds; they take turns, so that noise meets all alike.

    Args:
        acts: What each contender does, by name.
        before: Runs ahead of every act and is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(REPEATS):
        for name, act in acts.items():
            before()
            started = time.perf_counter()
            act()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def hash_input(*parts: bytes) -> str:
    """Return the hex SHA-256 of an input's parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def run_benchmark(name: str, measure: Callable[[int], Sample], *, sizes: tuple[int, ...], about: str) -> None:
    """Measure a growth curve and print it; the headline figures are those of the largest size."""
    parser = argparse.ArgumentParser(prog=f"./run bench {name}", description=about)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, help="sizes of the growth curve")
    arguments = parser.parse_args()
    for setting in _THREAD_SETTINGS:
        os.environ[setting] = "1"  # inherited by the measuring processes: one thread for everyone
    curve = [_measure_alone(measure, size) for size in sorted(arguments.sizes)]
    result = _summarise(name, curve)
    print(json.dumps(result, indent=2) if arguments.json else _describe(result))


def _measure_alone(measure: Callable[[int], Sample], size: int) -> tuple[int, Sample, int]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        sample, peak_kib = pool.submit(_measure_with_memory, measure, size).result()
    return size, sample, peak_kib


def _measure_with_memory(measure: Callable[[int], Sample], size: int) -> tuple[Sample, int]:
    sample = measure(size)
    return sample, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _summarise(name: str, curve: list[tuple[int, Sample, int]]) -> dict[str, Any]:
    size, largest, _ = curve[-1]
    rates = {who: largest.items / seconds for who, seconds in largest.seconds.items()}
    ours = rates.pop("clew")
    return {
        "name": name,
        "ours_per_s": ours,
        "peers": rates,
        "ratios": {who: ours / rate for who, rate in rates.items()},
        "detail": {
            "size": size,
            "items": largest.items,
            "input_sha256": largest.input_sha256,
            "repeats": REPEATS,
            "threads": 1,
            **largest.notes,
            "growth": [
                {
                    "size": at,
                    "items": sample.items,
                    "clew_s": sample.seconds["clew"],
                    "peak_mib": round(peak / 1024, 1),
                }
                for at, sample, peak in curve
            ],
            "machine": _describe_machine(),
        },
    }


def _describe(result: Mapping[str, Any]) -> str:
    detail = result["detail"]
    lines = [f"{result['name']}: Clew {result['ours_per_s']:,.0f} a second at size {detail['size']:,}"]
    lines += [
        f"  {who}: {rate:,.0f} a second; Clew is {result['ratios'][who]:.2f} times as fast"
        for who, rate in result["peers"].items()
    ]
    lines += [
        f"  size {point['size']:>9,}: {point['clew_s']:8.3f} s, peak memory {point['peak_mib']:,.0f} MiB"
        for point in detail["growth"]
    ]
    machine = detail["machine"]
    return "\n".join([*lines, f"  on {machine['cpu']} ({', '.join(machine['features'])}), one thread each"])


def _describe_machine() -> dict[str, Any]:
    lines = [line.partition(":") for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()]
    facts = {key.strip(): value.strip() for key, _, value in lines}
    flags = set(facts.get("flags", "").split())
    return {
        "cpu": facts.get("model name", "unknown"),
        "features": [flag for flag in INTERESTING_FLAGS if flag in flags],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
