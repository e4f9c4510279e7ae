"""What every command line of Clew does alike: errors that name the fix, JSON for programs.

Layer: protos.hosting.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from crypto.errors import ClewError

EXIT_FAILED = 1

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn a deliberate failure into one paragraph on standard error and exit code 1."""
    try:
        yield
    except ClewError as error:
        errors.print(f"[bold red]Error:[/] {_plain(error.public_message)}", soft_wrap=True)
        raise typer.Exit(EXIT_FAILED) from error


def print_json(value: Any) -> None:
    """Print one JSON document to standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def print_next(*steps: str) -> None:
    """Say what to do next."""
    out.print("[bold]Next:[/] " + " ".join(steps), soft_wrap=True)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
