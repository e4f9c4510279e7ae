"""Commands to join a federation: ``init`` and ``enrol``.

Layer: node, shell.
"""

from pathlib import Path
from typing import Annotated

import typer

from protos.hosting.terminal import explained_errors, out, print_json, print_next

HomeOption = Annotated[Path, typer.Option("--home", help="The node's home directory.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

POLL_S = 1.0


def init(
    home: HomeOption,
    invitation: Annotated[Path, typer.Option(help="The invitation file from the coordinator's operator.")],
    governance_key: Annotated[Path, typer.Option(help="governance.pub, from the governance board itself.")],
) -> None:
    """Make a node's home: keys, configuration, database.

    Example: clew-node init --home essex --invitation essex.invitation --governance-key governance.pub
    """
    from node.enrolment import get_fingerprint
    from node.home import create_home

    with explained_errors():
        made = create_home(home, invitation_path=invitation, governance_key_path=governance_key)
        out.print(
            f"Made the node of {made.load_config().display_name} in {home}; its private keys stay there."
        )
        out.print(f"Fingerprint of its keys: [bold]{get_fingerprint(made)}[/]")
        print_next(f"delete {invitation}, then run: clew-node enrol --home {home}")


def enrol(
    home: HomeOption,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the operator has approved.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Present this node's keys and collect the certificate; can be repeated.

    Example: clew-node enrol --home essex --wait
    """
    import time

    from node.enrolment import EnrolmentOutcome
    from node.enrolment import enrol as present
    from node.home import NodeHome
    from protos.hosting.clock import read_clock
    from protos.messages import EnrolmentState

    def tell_pending(outcome: EnrolmentOutcome) -> None:
        out.print(f"Fingerprint: [bold]{outcome.fingerprint}[/]")
        print_next(
            "read the fingerprint to the coordinator's operator over the telephone, on a number you looked "
            f"up yourself; once approved, run: clew-node enrol --home {home}"
        )

    with explained_errors():
        place = NodeHome(home)
        outcome = present(place, now=read_clock())
        if outcome.state is not EnrolmentState.APPROVED and not as_json:
            tell_pending(outcome)
        while wait and outcome.state is not EnrolmentState.APPROVED:
            time.sleep(POLL_S)
            outcome = present(place, now=read_clock())
        if as_json:
            print_json({"state": outcome.state.value, "fingerprint": outcome.fingerprint})
        elif outcome.state is EnrolmentState.APPROVED:
            out.print(f"Enrolled: the certificate is in {home}.")
            print_next(f"clew-node load FOLDER --home {home}, then clew-node run --home {home}")
