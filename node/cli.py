"""``clew-node``: set up, run and question a member's node.

Layer: node, outermost shell. Commands live in ``node.commands_*``; heavy modules are imported inside
them, so that ``--help`` and small commands start at once.
"""

import typer

from node import commands_join, commands_matches, commands_records, commands_run, commands_schema
from node.requests import commands as commands_requests

app = typer.Typer(
    help="A member's node: keeps identities at home, links pseudonymously, releases only what is approved.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
log_app = typer.Typer(help="The federation's tamper-evident log.", no_args_is_help=True)
app.add_typer(log_app, name="log")

app.command()(commands_join.init)
app.command()(commands_join.enrol)
app.command()(commands_records.load)
app.command()(commands_records.encode)
app.command()(commands_schema.precheck)
app.command()(commands_schema.explain)
app.add_typer(commands_schema.schema_app, name="schema")
app.command()(commands_run.run)
app.command()(commands_run.status)
app.command()(commands_matches.matches)
app.command()(commands_matches.score)
log_app.command("verify")(commands_run.verify_log)
commands_requests.register(app)
