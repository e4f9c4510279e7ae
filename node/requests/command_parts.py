"""What the commands of re-identification share: whose key, which connection, how a ruling is printed.

Layer: node, shell.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protos.hosting.terminal import EXIT_FAILED, explained_errors, out, print_block, print_json, print_next

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.requests.case import Case
    from node.requests.desk import Desk, Signatory
    from scoring.policy.ruling import Ruling

KeyOption = Annotated[Path, typer.Option("--as", help="Your own key file.")]
RequestArgument = Annotated[str, typer.Argument(metavar="REQUEST_ID", help="Id of the request.")]


@contextmanager
def at_work(home: Path, key: Path) -> "Iterator[tuple[NodeContext, Desk, Signatory]]":
    """Connect a node for one person; failures end in one paragraph."""
    from node.context import connect
    from node.home import NodeHome
    from node.requests.wiring import open_desk, open_registry

    with explained_errors(), connect(NodeHome(home)) as context:
        yield context, open_desk(context), open_registry(context).load_signatory(key)


def send_now(context: "NodeContext", desk: "Desk") -> None:
    """Send at once what waits; where that fails the daemon sends it later."""
    from crypto.errors import TransportError
    from node.requests.outbox import flush_outbox
    from node.requests.wiring import CoordinatorRelay

    try:
        flush_outbox(desk, CoordinatorRelay(context))
    except TransportError as error:
        out.print(f"Queued; the node sends it while clew-node run is running ({error.public_message}).")


def report_ruling(
    desk: "Desk", request_id: str, ruling: "Ruling | None", *, home: Path, as_json: bool
) -> None:
    """Print how a request stands after a ruling; one that refuses ends with exit code 1."""
    from node.requests.case_text import describe_reasons
    from node.requests.case_view import list_case, list_reasons
    from scoring.policy.ruling import Refused

    case = desk.cases.get_case(request_id)
    listed = list_case(case)
    reasons = list_reasons(ruling) if isinstance(ruling, Refused) else []
    if as_json:
        print_json(
            {
                **listed,
                "ruling": "REFUSED" if reasons else "GRANTED" if ruling else "NONE",
                "reasons": reasons,
            }
        )
    elif reasons:
        out.print("[bold red]Refused by the rules:[/]")
        print_block(describe_reasons(reasons))
    else:
        out.print(f"Request {request_id}: {listed['meaning']}.", soft_wrap=True)
        tell_next(case, home)
    if reasons:
        raise typer.Exit(EXIT_FAILED)


def tell_next(case: "Case", home: Path) -> None:
    """Print the command that comes next at this member, where there is one."""
    from node.requests.case_text import describe_next
    from node.requests.case_view import list_case
    from scoring.policy.vocabulary import Side

    step = describe_next(list_case(case), home=home, is_requesting=case.side is Side.REQUESTING)
    if step is not None:
        print_next(step)


def print_list(home: Path, side: str, *, as_json: bool) -> None:
    """Print the requests of one side."""
    from node.context import open_node
    from node.home import NodeHome
    from node.requests.case_text import describe_line
    from node.requests.case_view import list_case
    from node.requests.wiring import open_desk
    from scoring.policy.vocabulary import Side

    with explained_errors(), open_node(NodeHome(home)) as node:
        listed = [list_case(case) for case in open_desk(node).cases.load_cases(Side(side))]
        if as_json:
            print_json(listed)
            return
        out.print(f"{len(listed)} request{'' if len(listed) == 1 else 's'}.")
        for line in listed:
            print_block(describe_line(line))
