"""What every benchmark does alike: repeat, take medians, name the machine, print."""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path


def measure(act: Callable[[], object], *, repeats: int) -> float:
    """Return the median wall-clock seconds of an act, after one run that is not counted."""
    act()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def parse_arguments(description: str, **sizes: int) -> argparse.Namespace:
    """Return the command line's sizes, each with its default, and ``--json``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    for name, default in sizes.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    return parser.parse_args()


def report(arguments: argparse.Namespace, results: dict[str, object]) -> None:
    """Print results with the machine they were taken on."""
    body = {
        **results,
        "machine": {"cpu": _name_cpu(), "cores": os.cpu_count(), "python": platform.python_version()},
    }
    if arguments.json:
        print(json.dumps(body, indent=2))
        return
    for name, value in body.items():
        print(f"{name:32} {value:,.2f}" if isinstance(value, float) else f"{name:32} {value}")


def _name_cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )
