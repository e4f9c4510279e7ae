"""Commands that show what the node knows: ``matches`` and ``score``.

Layer: node, shell.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from node.commands_join import HomeOption, JsonOption
from protos.hosting.terminal import explained_errors, out, print_block, print_json, print_next

if TYPE_CHECKING:
    from node.assessment import CaseFile
    from node.context import LocalNode
    from scoring.risk.bands import RiskBand
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
    band: Annotated[
        str | None, typer.Option(help="Show only this band or above, if linked: HIGH for example.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Show only this many, from the top.")] = None,
    brief: Annotated[bool, typer.Option("--brief", help="Show one line for each match.")] = False,
) -> None:
    """Show what this node learnt: who is known elsewhere, how likely, and the risk if it is so.

    Example: clew-node matches --home essex --band HIGH --top 10
    """
    from crypto.pki import Role
    from node.context import open_node
    from node.home import NodeHome
    from node.match_text import describe_match, describe_match_briefly, describe_queue, select_views
    from node.match_view import to_json, view_matches

    with explained_errors(), open_node(NodeHome(home)) as node:
        cases, table = _open_cases(node)
        views = [
            view
            for view in view_matches(node.store.rounds.load_matches(), cases, table=table)
            if view.is_police_employee == professional_standards
        ]
        chosen = select_views(views, least_band=_parse_band(band), top=top)
        scores_own = node.config.role is Role.FORCE
        if as_json:
            shown = [to_json(view, scores_own=scores_own) for view in chosen]
            print_json({"member": node.config.member, "matches": shown})
            return
        out.print(f"{describe_queue(views)}. No action follows from a score alone.")
        if len(chosen) < len(views):
            out.print(f"Shown here: {len(chosen)}.")
        for view in chosen:
            if brief:
                print_block(describe_match_briefly(view))
            else:
                out.print()
                print_block(describe_match(view, scores_own=scores_own))
        if brief and chosen:
            print_next(f"without --brief for reasons and references: clew-node matches --home {home} --top 5")


def score(
    home: HomeOption,
    nominal: Annotated[str, typer.Option(help="Id of one of your own nominals.")],
    as_json: JsonOption = False,
) -> None:
    """Explain the score of one of your own people from your own records alone.

    Example: clew-node score --home essex --nominal N-000123
    """
    from crypto.errors import InputError, StateError
    from crypto.pki import Role
    from node.context import open_node
    from node.home import NodeHome
    from node.match_text import describe_explanation
    from node.match_view import explain_person

    with explained_errors(), open_node(NodeHome(home)) as node:
        if node.config.role is not Role.FORCE:
            raise StateError("a partner agency does not score its own people; see: clew-node matches")
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
            print_block(describe_explanation(dict(explained)))


def _parse_band(text: str | None) -> "RiskBand | None":
    from crypto.errors import InputError
    from scoring.risk.bands import RiskBand

    if text is None:
        return None
    try:
        return RiskBand(text.upper().replace(" ", "_"))
    except ValueError as error:
        raise InputError(f"--band: expected one of {', '.join(RiskBand)}, got another") from error


def _open_cases(node: "LocalNode") -> "tuple[CaseFile, GravityTable]":
    from node.assessment import CaseFile, load_agreed_table
    from scoring.risk.gravity import load_default_gravity_table

    agreement = node.find_agreement()
    table = load_agreed_table(agreement.weights_version) if agreement else load_default_gravity_table()
    return CaseFile(node.store.records.load_records(), member=node.config.member), table
