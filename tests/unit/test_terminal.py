"""What every command line does alike: failures told in one paragraph, lines wrapped under their value."""

import io
from pathlib import Path

import pytest
import typer
from rich.console import Console

from crypto.errors import StateError
from protos.hosting import terminal


def show(text: str, *, width: int, is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=is_terminal, color_system=None)
    monkeypatch.setattr(terminal, "out", console)
    terminal.print_block(text)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_long_value_wraps_under_itself_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = show(
        "  if linked    one two three four five", width=28, is_terminal=True, monkeypatch=monkeypatch
    )
    assert lines == ["  if linked    one two three", "               four five"]


def test_a_line_without_a_label_keeps_its_indent(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a match of one\n\n    two three four"
    lines = show(text, width=16, is_terminal=True, monkeypatch=monkeypatch)
    assert lines == ["a match of one", "", "    two three", "    four"]


def test_a_pipe_gets_every_line_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "  risk      " + "word " * 40 + "end"
    assert show(text, width=20, is_terminal=False, monkeypatch=monkeypatch) == [text]


def test_a_failure_of_the_file_system_is_told_by_file_and_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "absent"
    with pytest.raises(typer.Exit) as ended, terminal.explained_errors():
        missing.read_bytes()
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == f"Error: cannot use {missing}: No such file or directory\n"


def test_a_deliberate_failure_is_told_in_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), terminal.explained_errors():
        raise StateError("expected [one] thing, got another")
    assert capsys.readouterr().err == "Error: expected [one] thing, got another\n"
