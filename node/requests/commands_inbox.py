"""Commands about what other members ask and what they disclosed: ``inbox`` and ``disclosure``.

Layer: node, shell.
"""

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
from node.requests.commands_request import show_request
from protos.hosting.terminal import out, print_block, print_json

inbox_app = typer.Typer(help="Requests of other members about your matches.", no_args_is_help=True)
disclosure_app = typer.Typer(help="What other members disclosed to you.", no_args_is_help=True)


@inbox_app.command("list")
def list_inbox(home: HomeOption, as_json: JsonOption = False) -> None:
    """Show what other members ask, and where each request stands.

    Example: clew-node inbox list --home kent
    """
    print_list(home, "DISCLOSING", as_json=as_json)


@inbox_app.command("show")
def show_inbox(
    request_id: RequestArgument,
    home: HomeOption,
    key: Annotated[
        Path | None, typer.Option("--as", help="Your key file, to see your own record too; this is logged.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a request of another member; with a key file also your own record that it is about.

    Example: clew-node inbox show ID --home kent --as di-03.key
    """
    from node.requests.case_text import describe_case, describe_items
    from node.requests.case_view import describe_package, show_case
    from node.requests.consulting import consult_record

    if key is None:
        show_request(request_id, home, as_json)
        return
    with at_work(home, key) as (context, desk, reader):
        case = desk.cases.get_case(request_id)
        record = describe_package(consult_record(desk, case, reader=reader, now=context.clock()))
        shown = show_case(desk, case)
        if as_json:
            print_json({**shown, "own_record": record})
            return
        print_block(describe_case(shown))
        out.print("\nYour own record:")
        print_block("\n".join(describe_items(record)))
        tell_next(case, home)


@inbox_app.command("release")
def release(
    request_id: RequestArgument, home: HomeOption, key: KeyOption, as_json: JsonOption = False
) -> None:
    """Release what both sides approved; by this you say that you have checked the record today.

    Example: clew-node inbox release ID --home kent --as di-03.key
    """
    from node.requests.releasing import release_disclosure

    with at_work(home, key) as (context, desk, releaser):
        ruling = release_disclosure(desk, request_id, releaser=releaser, now=context.clock())
        send_now(context, desk)
        report_ruling(desk, request_id, ruling, home=home, as_json=as_json)


@disclosure_app.command("open")
def open_package(
    request_id: RequestArgument, home: HomeOption, key: KeyOption, as_json: JsonOption = False
) -> None:
    """Open what was disclosed, if it is for you; every opening is logged.

    Example: clew-node disclosure open ID --home essex --as dc-11.key
    """
    from node.requests.case_text import describe_disclosure
    from node.requests.opening import open_disclosure

    with at_work(home, key) as (context, desk, reader):
        disclosure = open_disclosure(desk, request_id, reader=reader, now=context.clock())
        if as_json:
            print_json(disclosure.to_body())
        else:
            print_block(describe_disclosure(disclosure))
