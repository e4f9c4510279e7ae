"""The ``clew-lab hold-round`` command: options in, a folder with an open round out.

Layer: lab. The thin edge of :mod:`lab.demo.held`.
"""

from pathlib import Path

from rich.console import Console

from lab.demo.held import HoldOptions, hold_round
from protos.hosting.terminal import out, print_json, print_next


def run_hold_command(folder: Path, *, members: int, records: int, seed: int, as_json: bool) -> None:
    """Carry out the command.

    Raises:
        ClewError: An option is wrong, or the federation did not get so far.
    """
    notes = Console(stderr=True, highlight=False)
    with notes.status("starting") as status:

        def show(stage: str) -> None:
            status.update(stage) if notes.is_terminal else notes.print(stage)

        held = hold_round(HoldOptions(folder, members, records, seed), progress=show)
    if as_json:
        print_json(held)
        return
    total = sum(held["submitted"].values())
    out.print(
        f"{total:,} records of {len(held['submitted'])} members, as the coordinator holds them, in {folder}"
    )
    out.print("Everybody in it is synthetic; keys in it were made for it. Delete it when you are done.")
    print_next(f"clew-lab attack --round {folder} attacks it.")
