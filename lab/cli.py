"""The ``clew-lab`` command line.

Layer: lab. Every command imports its own work when it runs, so that ``--help`` is quick.
"""

from pathlib import Path
from typing import Annotated

import typer

# Locals in a traceback would show people's data.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def describe() -> None:
    """Try and measure Clew on one machine: link files, run a whole federation."""


@app.command()
def link(
    files: Annotated[list[Path], typer.Argument(help="CSV files of people, with a column rec_id.")],
    truth: Annotated[Path | None, typer.Option(help="CSV of true pairs: rec_id_a,rec_id_b.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the linked pairs as CSV.")] = None,
    schema: Annotated[str, typer.Option(help="Built-in schema or clkhash v3 file.")] = "plain",
    map_: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Name a column's field.")
    ] = None,
    dedupe: Annotated[bool, typer.Option("--dedupe", help="Find several records of one person.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Link people across files through the code a federation uses."""
    from crypto.errors import ClewError
    from lab.link_command import LinkOptions, run_link

    options = LinkOptions(tuple(files), truth, out, schema, tuple(map_ or ()), dedupe, as_json)
    try:
        run_link(options)
    except ClewError as error:
        typer.echo(f"error: {error.public_message}", err=True)
        raise typer.Exit(code=2) from error
