"""What people read: text from elsewhere stays text, and no traceback shows values."""

from importlib import import_module
from io import StringIO

import pytest
import typer

from crypto.errors import InputError
from protos.hosting import terminal
from protos.hosting.terminal import PlainConsole, explained_errors

HOSTILE = {
    "clears the screen": "\x1b[2J",
    "uses the one-byte form": "\x9b2J",
    "rings and goes back": "\x07\r",
    "reverses the line": "\u202e",
    "hides what follows": "\u200b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_control_characters_are_shown_and_not_obeyed(text: str) -> None:
    stream = StringIO()
    PlainConsole(file=stream).print(f"before{text}after\n\tnext")

    assert set(stream.getvalue()).isdisjoint(set(text) - set("[2J"))
    assert "\N{REPLACEMENT CHARACTER}" in stream.getvalue()
    assert "after\n" in stream.getvalue()


@pytest.mark.parametrize("message", ["[red]no", r"\[red]no", r"a\\[bold]b"])
def test_an_error_shows_its_message_as_it_is(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    monkeypatch.setattr(terminal, "errors", PlainConsole(file=stream))

    with pytest.raises(typer.Exit), explained_errors():
        raise InputError(message)
    assert stream.getvalue() == f"Error: {message}\n"


@pytest.mark.parametrize("name", ["node.cli", "coordinator.cli", "lab.cli"])
def test_no_command_prints_the_values_of_a_failed_frame(name: str) -> None:
    app = import_module(name).app

    assert app.pretty_exceptions_enable is False
    assert app.pretty_exceptions_show_locals is False
