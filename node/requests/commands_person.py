"""Commands about people: ``person add`` and ``person list``.

Layer: node, shell.
"""

from pathlib import Path
from typing import Annotated

import typer

from node.commands_join import HomeOption, JsonOption
from protos.hosting.terminal import explained_errors, out, print_json, print_next

person_app = typer.Typer(help="The people of this member who ask and decide.", no_args_is_help=True)


@person_app.command("add")
def add_person(
    home: HomeOption,
    person_id: Annotated[str, typer.Option("--id", help="Opaque id, never a name: essex-di-07.")],
    role: Annotated[str, typer.Option(help="What the person does, for example OIC or INSPECTOR_PVP.")],
    rank: Annotated[str, typer.Option(help="Rank or grade, for example INSPECTOR.")],
    key_out: Annotated[Path, typer.Option("--out", help="Where to write the person's key file.")],
    as_json: JsonOption = False,
) -> None:
    """Make a person's key file and let this node vouch for it.

    Example: clew-node person add --home essex --id essex-di-07 --role INSPECTOR_PVP --rank INSPECTOR
    --out di-07.key
    """
    from node.context import open_node
    from node.home import NodeHome
    from node.requests.wiring import open_registry

    with explained_errors(), open_node(NodeHome(home)) as node:
        credential = open_registry(node).add_person(
            person_id, role=role, rank=rank, key_path=key_out, now=node.clock()
        )
        if as_json:
            print_json(credential.to_body())
            return
        out.print(f"{person_id} is registered as {role}; the key is in {key_out}.", soft_wrap=True)
        print_next(f"give {key_out} to that person alone; this node keeps no copy")


@person_app.command("list")
def list_people(home: HomeOption, as_json: JsonOption = False) -> None:
    """Show who may ask and decide here.

    Example: clew-node person list --home essex
    """
    from node.context import open_node
    from node.home import NodeHome
    from node.requests.wiring import open_registry

    with explained_errors(), open_node(NodeHome(home)) as node:
        people = open_registry(node).load_people()
        if as_json:
            print_json([person.to_body() for person in people])
            return
        for person in people:
            out.print(f"{person.person_id:<24} {person.role:<24} {person.rank}", markup=False)
