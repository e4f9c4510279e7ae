"""Commands of re-identification: ``person``, ``request``, ``inbox`` and ``disclosure``.

Layer: node, shell. A command loads a key file, calls one use case and prints. A ruling that refuses is
printed with its rules and ends with exit code 1.
"""

import typer

from node.requests.commands_inbox import disclosure_app, inbox_app
from node.requests.commands_person import person_app
from node.requests.commands_request import request_app


def register(app: typer.Typer) -> None:
    """Add these commands to the node's command line."""
    app.add_typer(person_app, name="person")
    app.add_typer(request_app, name="request")
    app.add_typer(inbox_app, name="inbox")
    app.add_typer(disclosure_app, name="disclosure")
