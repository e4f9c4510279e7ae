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
    """Try and measure Clew on one machine: link files, make data, attack encodings, run a federation."""


@app.command()
def link(
    files: Annotated[list[Path], typer.Argument(help="CSV files of people, with a column rec_id.")],
    truth: Annotated[Path | None, typer.Option(help="CSV of true pairs: rec_id_a,rec_id_b.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write the linked pairs as CSV.")] = None,
    schema: Annotated[str, typer.Option(help="Built-in schema or clkhash v3 file.")] = "uk-police",
    map_: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Name a column's field.")
    ] = None,
    dedupe: Annotated[bool, typer.Option("--dedupe", help="Find several records of one person.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Link people across files through the code a federation uses.

    Example: clew-lab link a.csv b.csv --truth truth.csv --out pairs.csv
    """
    from lab.link_command import LinkOptions, run_link
    from protos.hosting.terminal import explained_errors

    with explained_errors():
        run_link(LinkOptions(tuple(files), truth, out, schema, tuple(map_ or ()), dedupe, as_json))


@app.command()
def generate(
    out: Annotated[Path, typer.Option(help="A new or empty folder to write to.")],
    forces: Annotated[str, typer.Option(help="How many, largest first, or names: essex,kent.")] = "43",
    records: Annotated[int, typer.Option(help="Records of all forces, spread by population.")] = 100_000,
    overlap: Annotated[float, typer.Option(help="Share of people whom another force holds too.")] = 0.1,
    errors: Annotated[str, typer.Option(help="Level of error in records: low, medium, high.")] = "medium",
    seed: Annotated[int, typer.Option(help="The same seed and day give the same files.")] = 1,
    today: Annotated[str | None, typer.Option(help="Day that ages count from, YYYY-MM-DD.")] = None,
    partner: Annotated[str, typer.Option(help="Name of a partner agency, or none.")] = "social-care",
    slice_: Annotated[
        int, typer.Option("--slice", help="Keep only everyone of so many values of the salt, such as 230.")
    ] = 0,
    salt: Annotated[str, typer.Option(help="What --slice goes by; see docs/generator.md.")] = "dob",
    flat: Annotated[
        bool, typer.Option("--flat", help="Also one CSV of people per member, for link.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was made as JSON.")] = False,
) -> None:
    """Make a synthetic federation: members' files, and apart from them who is who.

    Example: clew-lab generate --out federation --records 20000 --overlap 0.1 --errors medium --flat
    """
    from lab.generate_command import GenerateOptions, run_generate
    from protos.hosting.terminal import explained_errors

    with explained_errors():
        run_generate(
            GenerateOptions(
                out=out,
                forces=forces,
                records=records,
                overlap=overlap,
                errors=errors,
                seed=seed,
                today=today,
                partner=partner,
                slice_count=slice_,
                salt=salt,
                flat=flat,
                as_json=as_json,
            )
        )


@app.command()
def demo(
    members: Annotated[int, typer.Option(help="Members in all, 4 to 10; one is a partner agency.")] = 4,
    records: Annotated[int, typer.Option(help="Synthetic people in each force.")] = 3000,
    seed: Annotated[int | None, typer.Option(help="Draw another population.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep homes, data and logs to look around.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Save what is shown as an SVG picture.")] = None,
) -> None:
    """Run a whole federation on this machine: the main job, end to end; exit code 1 if a check fails.

    Example: clew-lab demo --members 5 --records 2000 --keep
    """
    from lab.demo.main import SEED, DemoOptions, run_demo
    from protos.hosting.terminal import EXIT_FAILED, explained_errors, print_json

    with explained_errors():
        outcome = run_demo(
            DemoOptions(members, records, SEED if seed is None else seed, keep, as_json, picture)
        )
    if as_json:
        print_json(outcome)
    if not outcome["held"]:
        raise typer.Exit(EXIT_FAILED)


@app.command()
def attack(
    schemes: Annotated[
        list[str] | None, typer.Argument(metavar="SCHEME", help="Schemes to attack; a set of them if none.")
    ] = None,
    people: Annotated[Path | None, typer.Option(help="CSV of people in place of synthetic ones.")] = None,
    round_: Annotated[
        Path | None, typer.Option("--round", help="Attack a round that hold-round kept, in place of schemes.")
    ] = None,
    records: Annotated[int | None, typer.Option(help="Records that the coordinator holds.")] = None,
    coverage: Annotated[str, typer.Option(help="Shares of them on the attacker's list.")] = "1,0.5,0.2",
    anchors: Annotated[str, typer.Option(help="Numbers of records it knows already.")] = "0,40,400,2000",
    attacks: Annotated[str, typer.Option(help="Names of attacks with commas between; all if none.")] = "",
    leaked_key: Annotated[
        bool, typer.Option("--leaked-key", help="Also what follows when the secret leaks.")
    ] = False,
    density: Annotated[
        str | None, typer.Option(help="How births lie: national, or as-is (for --people).")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed draws the same people and keys.")] = 20_260_101,
    jobs: Annotated[int, typer.Option(help="Processes to work in.")] = 1,
    results: Annotated[
        list[Path] | None, typer.Option(help="Take earlier JSON too; alone, only render it.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write results there as JSON, after each.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report with its chart there.")] = None,
    write_docs: Annotated[bool, typer.Option("--write-docs", help="Write docs/privacy.md.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure what encodings give away: attack them as a curious coordinator could.

    Exit code 1 if a positive control fails: then nothing was shown.

    Example: clew-lab attack plain tokens-near-unique --records 5000 --coverage 1,0.2 --html privacy.html
    """
    from lab.attack_command import run_attack_command
    from lab.attack_plan import AttackOptions
    from protos.hosting.terminal import explained_errors

    with explained_errors():
        run_attack_command(
            AttackOptions(
                schemes=tuple(schemes or ()),
                people=people,
                round=round_,
                records=records,
                coverage=coverage,
                anchors=anchors,
                attacks=attacks,
                leaked_key=leaked_key,
                density=density,
                seed=seed,
                jobs=jobs,
                results=tuple(results or ()),
                out=out,
                html=html,
                write_docs=write_docs,
                as_json=as_json,
            )
        )


@app.command("hold-round")
def hold_round(
    out: Annotated[Path, typer.Option(help="A new or empty folder to keep the round in.")],
    members: Annotated[int, typer.Option(help="Members in all, 4 to 10; one is a partner agency.")] = 4,
    records: Annotated[int, typer.Option(help="Synthetic people in each force.")] = 3000,
    seed: Annotated[int, typer.Option(help="Draw another population.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was kept as JSON.")] = False,
) -> None:
    """Run a federation into an open round and keep what its coordinator holds then, for attack --round.

    Example: clew-lab hold-round --out held --records 2000
    """
    from lab.hold_command import run_hold_command
    from protos.hosting.terminal import explained_errors

    with explained_errors():
        run_hold_command(out, members=members, records=records, seed=seed, as_json=as_json)
