"""Commands about the recipe and what it makes of data: ``schema``, ``explain`` and ``precheck``.

Layer: node, shell. Values of people are asked for, not taken from the command line, unless someone puts them
there: a command line stays in the shell's history and shows in the list of processes.
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from node.commands_join import HomeOption, JsonOption
from protos.hosting.terminal import (
    EXIT_FAILED,
    errors,
    explained_errors,
    out,
    print_block,
    print_json,
    print_next,
)

if TYPE_CHECKING:
    from crypto.encoding.schema import LinkageSchema
    from node.context import LocalNode

schema_app = typer.Typer(help="Linkage schemas: the agreed recipe of encodings.", no_args_is_help=True)

SchemaArgument = Annotated[
    str, typer.Argument(metavar="SCHEMA", help="Built-in name (uk-police, uk-police-wide, plain) or file.")
]


@schema_app.command()
def check(schema: SchemaArgument, as_json: JsonOption = False) -> None:
    """Check a linkage schema: every rule, with the place and what was expected there.

    Example: clew-node schema check our-schema.json
    """
    from node.schema_text import describe_privacy, schema_to_json
    from protos.hosting.schema_files import load_schema

    with explained_errors():
        checked = load_schema(schema)
        if as_json:
            print_json({"valid": True, **schema_to_json(checked)})
            return
        views = len(checked.layout)
        out.print(
            f"{schema} is a valid linkage schema of {views} view{'s' if views > 1 else ''}.", markup=False
        )
        out.print(f"Digest: {checked.digest}")
        out.print(f"Privacy: {describe_privacy(checked)}.")


@schema_app.command()
def show(schema: SchemaArgument, as_json: JsonOption = False) -> None:
    """Show a linkage schema: views, salts, comparisons, caps, what it costs in privacy, digest.

    Example: clew-node schema show uk-police
    """
    from node.schema_text import describe_schema, schema_to_json
    from protos.hosting.schema_files import load_schema

    with explained_errors():
        shown = load_schema(schema)
        if as_json:
            print_json(schema_to_json(shown))
        else:
            print_block(describe_schema(schema, shown))


@schema_app.command()
def diff(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="Built-in name or file.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Built-in name or file.")],
    as_json: JsonOption = False,
) -> None:
    """Show where two linkage schemas differ; exit code 1 if they do.

    Example: clew-node schema diff uk-police our-schema.json
    """
    from node.schema_text import describe_difference, find_differences
    from protos.hosting.schema_files import load_schema

    with explained_errors():
        left, right = load_schema(first), load_schema(second)
    found = list(find_differences(left.body, right.body))
    if as_json:
        places = [{"path": item.path, "first": item.left, "second": item.right} for item in found]
        print_json({"equal": not found, "digests": [left.digest, right.digest], "differences": places})
    elif found:
        print_block("\n".join(describe_difference(item) for item in found))
    else:
        out.print(f"No difference; both have the digest {left.digest}.")
    if found:
        raise typer.Exit(EXIT_FAILED)


def explain(
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE", help="Values; without any, they are asked for."),
    ] = None,
    schema: Annotated[str, typer.Option(help="Built-in name or file.")] = "uk-police",
    as_json: JsonOption = False,
) -> None:
    """Show what a person's values become: standardised, attributes, and in which views they take part.

    Example: clew-node explain surname="O'Brien" dob=1/2/1990
    """
    from dataclasses import asdict

    from crypto.encoding.explain import explain_record
    from node.schema_text import describe_explanation
    from protos.hosting.schema_files import load_schema

    with explained_errors():
        loaded = load_schema(schema)
        record = _parse_pairs(values) if values else _ask_values(loaded)
        explanation = explain_record(record, loaded)
    if values:
        errors.print(
            "These values are now in your shell's history; without any, clew-node explain asks for them.",
            soft_wrap=True,
        )
    if as_json:
        print_json(asdict(explanation))
    else:
        print_block(describe_explanation(explanation))


def precheck(
    home: HomeOption,
    schema: Annotated[
        str | None, typer.Option(help="Built-in name or file, in place of the agreement's schema.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge this node's records before a round does: gaps, defaults, blocks; exit code 1 if they stop it.

    Example: clew-node precheck --home essex
    """
    from crypto.encoding.precheck import check_linkability
    from node.context import open_node
    from node.home import NodeHome
    from node.persons import select_perpetrators
    from node.schema_text import describe_precheck, precheck_to_json

    with explained_errors(), open_node(NodeHome(home)) as node:
        records = node.store.records.load_records()
        persons = select_perpetrators(records, today=node.clock().date())
        checked = check_linkability(
            [person.encoding_fields for person in persons], _choose_schema(schema, node)
        )
    if as_json:
        print_json(precheck_to_json(checked))
    else:
        print_block(describe_precheck(checked))
    if checked.is_stopped:
        if not as_json:
            print_next("mend the files, load them again, then run this again")
        raise typer.Exit(EXIT_FAILED)


def _choose_schema(name: str | None, node: "LocalNode") -> "LinkageSchema":
    from crypto.encoding.schema import get_federation_schema, parse_schema
    from protos.hosting.schema_files import load_schema

    if name is not None:
        return load_schema(name)
    agreement = node.find_agreement()
    return get_federation_schema() if agreement is None else parse_schema(agreement.schema)


def _ask_values(schema: "LinkageSchema") -> dict[str, str]:
    """Return values read from a terminal field by field, or from lines ``field=value`` of a pipe."""
    if not sys.stdin.isatty():
        return _parse_pairs(line for line in sys.stdin.read().splitlines() if line.strip())
    return {
        field: value
        for field in schema.encoded_fields
        if (value := typer.prompt(field, default="", show_default=False, err=True))
    }


def _parse_pairs(pairs: Iterable[str]) -> dict[str, str]:
    from crypto.errors import InputError

    record: dict[str, str] = {}
    for number, pair in enumerate(pairs, start=1):
        field, equals, value = pair.partition("=")
        if not equals:
            raise InputError(
                f"value {number}: expected field=value, such as surname=Poole, got no equals sign"
            )
        if field.strip() in record:
            raise InputError(f"value {number}: expected each field once, got {field.strip()} again")
        record[field.strip()] = value.strip()
    return record
