"""Commands that show what the node knows: ``matches`` and ``score``.

Layer: node, shell.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from node.commands_join import HomeOption, JsonOption
from protos.hosting.terminal import explained_errors, out, print_json

if TYPE_CHECKING:
    from node.assessment import CaseFile
    from node.context import LocalNode
    from scoring.risk.gravity import GravityTable


def matches(
    home: HomeOption,
    as_json: JsonOption = False,
    professional_standards: Annotated[
        bool,
        typer.Option(
            "--professional-standards", help="Show only matches of police employees, for their queue."
        ),
    ] = False,
) -> None:
    """Show what this node learnt: who is known elsewhere, how likely, and the risk if it is so.

    Example: clew-node matches --home essex
    """
    from crypto.pki import Role
    from node.context import open_node
    from node.home import NodeHome
    from node.match_text import describe_match
    from node.match_view import to_json, view_matches

    with explained_errors(), open_node(NodeHome(home)) as node:
        cases, table = _open_cases(node)
        views = [
            view
            for view in view_matches(node.store.rounds.load_matches(), cases, table=table)
            if view.is_police_employee == professional_standards
        ]
        scores_own = node.config.role is Role.FORCE
        if as_json:
            shown = [to_json(view, scores_own=scores_own) for view in views]
            print_json({"member": node.config.member, "matches": shown})
            return
        out.print(
            f"{len(views)} match{'' if len(views) == 1 else 'es'}; no action follows from a score alone."
        )
        for view in views:
            out.print()
            out.print(describe_match(view, scores_own=scores_own), soft_wrap=True)


def score(
    home: HomeOption,
    nominal: Annotated[str, typer.Option(help="Id of one of your own nominals.")],
    as_json: JsonOption = False,
) -> None:
    """Explain the score of one of your own people from your own records alone.

    Example: clew-node score --home essex --nominal N-000123
    """
    from crypto.errors import InputError
    from node.context import open_node
    from node.home import NodeHome
    from node.match_text import describe_explanation
    from node.match_view import explain_person

    with explained_errors(), open_node(NodeHome(home)) as node:
        cases, table = _open_cases(node)
        person = cases.find_person([nominal])
        if person is None:
            raise InputError(
                "expected the id of a nominal that this node holds, got another; see your own system"
            )
        explained = explain_person(person, cases, as_of=node.clock().date(), table=table)
        if as_json:
            print_json(explained)
        else:
            out.print(describe_explanation(dict(explained)), soft_wrap=True)


def _open_cases(node: "LocalNode") -> "tuple[CaseFile, GravityTable]":
    from node.assessment import CaseFile, load_agreed_table
    from scoring.risk.gravity import load_default_gravity_table

    agreement = node.find_agreement()
    table = load_agreed_table(agreement.weights_version) if agreement else load_default_gravity_table()
    return CaseFile(node.store.records.load_records(), member=node.config.member), table
