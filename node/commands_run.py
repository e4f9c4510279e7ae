"""Commands about the node at work: ``run``, ``status`` and ``log verify``.

Layer: node, shell.
"""

from typing import Annotated

import typer

from node.commands_join import HomeOption, JsonOption
from protos.hosting.terminal import explained_errors, out, print_json


def run(
    home: HomeOption,
    interval: Annotated[
        float, typer.Option(min=0.05, help="Seconds between looks at the coordinator.")
    ] = 1.0,
) -> None:
    """Take part in rounds and messages until stopped; can be killed and started again at any moment.

    Example: clew-node run --home essex
    """
    import threading

    from node.context import connect
    from node.daemon import Duties, run_daemon, stop_on_signals
    from node.home import NodeHome
    from node.requests.wiring import make_handlers, send_waiting
    from protos.hosting.files import locked_home
    from protos.hosting.logs import open_log

    with explained_errors():
        place = NodeHome(home)
        place.load_config()
        with locked_home(home), connect(place) as context:
            out.print(f"The node runs; it writes to {place.log_path}. Stop it with Ctrl-C.", soft_wrap=True)
            stop = threading.Event()
            stop_on_signals(stop)
            run_daemon(
                context,
                duties=Duties(make_handlers(), (send_waiting,)),
                interval_s=interval,
                log=open_log(place.log_path, "node"),
                stop=stop,
            )


def status(home: HomeOption, as_json: JsonOption = False) -> None:
    """Show what this node holds and where its last round stands; asks nobody.

    Example: clew-node status --home essex
    """
    from node.context import open_node
    from node.home import NodeHome
    from node.status import describe_status

    with explained_errors():
        place = NodeHome(home)
        with open_node(place) as node:
            described = describe_status(node, is_enrolled=place.certificate_path.exists())
        if as_json:
            print_json(described)
            return
        for name, value in described.items():
            out.print(f"{name.replace('_', ' '):<22} {_word(value)}")
        out.print(f"{'log of clew-node run':<22} {place.log_path}", soft_wrap=True)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(value) or "-"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def verify_log(home: HomeOption, as_json: JsonOption = False) -> None:
    """Fetch the log's checkpoint, check its signature and that it extends the last one seen, keep it.

    Example: clew-node log verify --home essex
    """
    from node.context import connect
    from node.home import NodeHome
    from node.log_client import verify_log as verify

    with explained_errors(), connect(NodeHome(home)) as context:
        verified = verify(context)
        described = {
            "origin": verified.checkpoint.origin,
            "size": verified.checkpoint.size,
            "previous_size": verified.previous_size,
            "receipts": verified.receipts,
            "verified": True,
        }
        if as_json:
            print_json(described)
        else:
            out.print(
                f"The log {verified.checkpoint.origin} has {verified.checkpoint.size} entries, extends the "
                f"{verified.previous_size} seen before unchanged, and holds this node's {verified.receipts} "
                "entries as its receipts prove."
            )
