"""Commands of asking and deciding: ``request``.

Layer: node, shell.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from node.commands_join import HomeOption, JsonOption
from node.requests.command_parts import (
    KeyOption,
    RequestArgument,
    at_work,
    print_list,
    report_ruling,
    send_now,
    tell_next,
)
from protos.hosting.terminal import explained_errors, out, print_block, print_json

request_app = typer.Typer(help="Ask another member who a match is; decide on requests.", no_args_is_help=True)


@request_app.command("template")
def print_template() -> None:
    """Print the form that a requester fills in.

    Example: clew-node request template > request.toml
    """
    from node.requests.form import render_template

    typer.echo(render_template(), nl=False)


@request_app.command("draft")
def draft(
    home: HomeOption,
    match: Annotated[str, typer.Option(help="Reference of the match, from: clew-node matches.")],
    key: KeyOption,
    form: Annotated[Path, typer.Option("--file", help="The filled-in form.")],
    as_json: JsonOption = False,
) -> None:
    """Write and sign a request; nothing leaves before someone else here approves it.

    Example: clew-node request draft --home essex --match 0011... --as dc-11.key --file request.toml
    """
    from node.context import open_node
    from node.home import NodeHome
    from node.requests.case_view import list_case
    from node.requests.drafting import draft_request
    from node.requests.form import parse_form
    from node.requests.wiring import open_desk, open_registry
    from protos.hosting.files import read_file

    with explained_errors(), open_node(NodeHome(home)) as node:
        officer = open_registry(node).load_signatory(key)
        answers = parse_form(read_file(form))
        case = draft_request(open_desk(node), match, answers=answers, officer=officer, now=node.clock())
        if as_json:
            print_json(list_case(case))
            return
        out.print(
            f"Drafted request [bold]{case.request_id}[/] to {case.counterpart}; nothing has left yet.",
            soft_wrap=True,
        )
        tell_next(case, home)


@request_app.command("approve")
def approve(
    request_id: RequestArgument,
    home: HomeOption,
    key: KeyOption,
    reason_file: Annotated[Path, typer.Option(help="Text file with your reason, 50 to 2000 characters.")],
    decision: Annotated[str, typer.Option(help="APPROVE or REFUSE.")] = "APPROVE",
    items: Annotated[str | None, typer.Option(help="Approve only these items, separated by commas.")] = None,
    conditions: Annotated[str | None, typer.Option(help="Handling conditions.")] = None,
    dpo_advice: Annotated[str, typer.Option(help="NOT_SOUGHT, SUPPORT or CONCERNS.")] = "NOT_SOUGHT",
    conflict: Annotated[bool, typer.Option("--conflict", help="You are connected to the case.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Decide on a request, at the member that asks or at the member that holds.

    Example: clew-node request approve ID --home essex --as di-07.key --decision APPROVE --reason-file why.txt
    """
    from node.requests.deciding import decide_case
    from node.requests.opinion import parse_opinion
    from protos.hosting.files import read_file

    with at_work(home, key) as (context, desk, approver):
        opinion = replace(
            parse_opinion(decision, read_file(reason_file), items=items, dpo_advice=dpo_advice),
            conditions=conditions,
            has_conflict=conflict,
        )
        ruling = decide_case(desk, request_id, opinion=opinion, approver=approver, now=context.clock())
        send_now(context, desk)
        report_ruling(desk, request_id, ruling, home=home, as_json=as_json)


@request_app.command("list")
def list_requests(home: HomeOption, as_json: JsonOption = False) -> None:
    """Show what this member asked, and where each request stands.

    Example: clew-node request list --home essex
    """
    print_list(home, "REQUESTING", as_json=as_json)


@request_app.command("show")
def show_request(request_id: RequestArgument, home: HomeOption, as_json: JsonOption = False) -> None:
    """Show one request with its reasons, decisions and, where refused, the rules in plain English.

    Example: clew-node request show ID --home essex
    """
    from node.context import open_node
    from node.home import NodeHome
    from node.requests.case_text import describe_case
    from node.requests.case_view import show_case
    from node.requests.wiring import open_desk

    with explained_errors(), open_node(NodeHome(home)) as node:
        desk = open_desk(node)
        case = desk.cases.get_case(request_id)
        shown = show_case(desk, case)
        if as_json:
            print_json(shown)
        else:
            print_block(describe_case(shown))
            tell_next(case, home)
