"""What every command line of Clew does alike: errors that name the fix, JSON for programs.

Layer: protos.hosting.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from crypto.errors import ClewError

EXIT_FAILED = 1

# Control characters, and the marks that reverse the direction of text or hide it.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class PlainConsole(Console):
    """A console on which text from elsewhere stays text.

    Threat: a request, a disclosure or an answer of the coordinator that holds terminal control
    sequences, and with them rewrites what an approver reads.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does, with every control character but line breaks and tabs made visible."""
        super().print(*(_without_controls(item) for item in objects), **options)


def _without_controls(item: Any) -> Any:
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", item) if isinstance(item, str) else item


out = PlainConsole(highlight=False)
errors = PlainConsole(stderr=True, highlight=False)

_LABEL = re.compile(r" *(?:[\w.'-]+(?: [\w.'-]+){0,2} {2,})?")


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn a failure that its reader can mend into one paragraph on standard error and exit code 1.

    That is one of Clew's own, or one of the file system, which is told by file and reason.
    """
    try:
        yield
    except ClewError as error:
        _explain(error.public_message)
        raise typer.Exit(EXIT_FAILED) from error
    except BrokenPipeError:
        raise  # the reader went away; the interpreter ends quietly
    except OSError as error:
        _explain(f"cannot use {error.filename or 'a file'}: {error.strerror or type(error).__name__}")
        raise typer.Exit(EXIT_FAILED) from error


def print_json(value: Any) -> None:
    """Print one JSON document to standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def print_block(text: str) -> None:
    """Print marked-up lines, each wrapped under its own value on a terminal and left whole in a pipe.

    A line is a label of up to three words, two or more spaces and a value; without a label it keeps its
    own indent.
    """
    if not out.is_terminal:
        out.print(text, soft_wrap=True)
        return
    for line in _without_controls(text).split("\n"):
        _print_hanging(Text.from_markup(line))


def print_next(*steps: str) -> None:
    """Say what to do next."""
    out.print("[bold]Next:[/] " + " ".join(steps), soft_wrap=True)


def _print_hanging(line: Text) -> None:
    label = _LABEL.match(line.plain)
    value_at = label.end() if label else 0
    if value_at == 0:
        out.print(line)
        return
    columns = Table.grid()
    columns.add_column(width=value_at, no_wrap=True)
    columns.add_column()
    columns.add_row(line[:value_at], line[value_at:])
    out.print(columns)


def _explain(message: str) -> None:
    errors.print(f"[bold red]Error:[/] {escape(message)}", soft_wrap=True)
