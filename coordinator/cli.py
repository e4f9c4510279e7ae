"""``clew-coordinator``: set up, run and operate a coordinator.

Layer: coordinator, outermost shell. Commands that change a running coordinator go through its own
member port with the operator's certificate, so the server stays the only writer. Heavy modules are
imported inside commands, so that ``--help`` is instant.
"""

from pathlib import Path
from typing import Annotated

import typer

from protos.hosting.terminal import explained_errors, out, print_json, print_next

app = typer.Typer(
    help="The coordinator matches encodings across members without learning who anyone is.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # a frame's values may be secrets
)
agreement_app = typer.Typer(
    help="The federation agreement: draft, sign, publish, show.", no_args_is_help=True
)
enrolment_app = typer.Typer(help="Organisations that join: list, approve.", no_args_is_help=True)
round_app = typer.Typer(help="Linkage rounds: open, status, abandon.", no_args_is_help=True)
app.add_typer(agreement_app, name="agreement")
app.add_typer(enrolment_app, name="enrolments")
app.add_typer(round_app, name="round")

DEFAULT_HOSTS = ["localhost", "127.0.0.1"]  # a federation on one machine, to try it out

HomeOption = Annotated[Path, typer.Option("--home", help="The coordinator's home directory.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def init(
    home: HomeOption,
    federation: Annotated[str, typer.Option(help="The federation's name, for example vawg.example.")],
    governance_key: Annotated[Path, typer.Option(help="The board's governance.pub file.")],
    host: Annotated[
        list[str] | None, typer.Option(help="DNS name or address that members dial; repeatable.")
    ] = None,
    port: Annotated[int, typer.Option(help="Member port; 0 takes a free one.")] = 7443,
    enrolment_port: Annotated[int, typer.Option(help="Enrolment port; 0 takes a free one.")] = 7444,
) -> None:
    """Make a coordinator's home: federation CA, server and operator certificates, log key.

    Example: clew-coordinator init --home coordinator --federation vawg.example
    --governance-key governance.pub --host clew.vawg.example
    """
    from coordinator.config import CoordinatorConfig, CoordinatorHome
    from coordinator.initialise import initialise, read_governance_public_key
    from protos.hosting.clock import read_clock

    with explained_errors():
        config = CoordinatorConfig(
            federation=federation,
            hosts=host or DEFAULT_HOSTS,
            member_port=port,
            enrolment_port=enrolment_port,
            governance_public_key=read_governance_public_key(governance_key),
        )
        initialise(CoordinatorHome(home), config, now=read_clock())
        out.print(f"Made a coordinator's home for federation {federation} in {home}.")
        print_next(f"clew-coordinator run --home {home}")


@app.command("governance-key")
def governance_key(
    directory: Annotated[Path, typer.Option("--out", help="Directory for governance.key and .pub.")],
) -> None:
    """Make the governance board's key pair; keep the secret away from the coordinator.

    Example: clew-coordinator governance-key --out board
    """
    from coordinator.initialise import write_governance_key

    with explained_errors():
        key_id = write_governance_key(directory)
        out.print(f"Made governance key {key_id} in {directory}.")
        print_next(f"give {directory}/governance.pub to every member; keep governance.key offline.")


@app.command()
def run(home: HomeOption) -> None:
    """Serve members until stopped.

    Example: clew-coordinator run --home coordinator
    """
    import asyncio

    from protos.hosting.tls import require_tls_13

    with explained_errors():
        require_tls_13()  # before anything that imports grpc
        from coordinator.operate import open_home
        from coordinator.service import serve

        place = open_home(home)
        out.print(
            f"The coordinator starts; it writes to {place.log_file}. Stop it with Ctrl-C.", soft_wrap=True
        )
        asyncio.run(serve(place))


@app.command()
def invite(
    home: HomeOption,
    member: Annotated[str, typer.Argument(help="Short name, for example west-mercia.")],
    display_name: Annotated[str, typer.Option(help="Name as people know it.")],
    invitation: Annotated[Path, typer.Option("--out", help="Where to write the invitation file.")],
    role: Annotated[str, typer.Option(help="force or partner.")] = "force",
    agency_type: Annotated[str, typer.Option(help="Kind of agency, for example SOCIAL_CARE.")] = "POLICE",
    hours: Annotated[int, typer.Option(help="How long the invitation can be used.")] = 72,
) -> None:
    """Invite an organisation: writes a file with a one-time secret for its operator.

    Example: clew-coordinator invite essex --home coordinator --display-name "Essex Police"
    --out essex.invitation
    """
    from coordinator.config import CoordinatorConfig
    from coordinator.initialise import write_invitation
    from coordinator.operate import connect, open_home, parse_role
    from protos import methods
    from protos.hosting.config import load_config
    from protos.messages import InvitationRequest

    with explained_errors():
        place = open_home(home)
        request = InvitationRequest(member, display_name, parse_role(role), agency_type, hours)
        with connect(place) as channel:
            made = channel.call(methods.CREATE_INVITATION, request)
        config = load_config(CoordinatorConfig, place.config)
        write_invitation(invitation, made, request, home=place, config=config, ports=place.read_ports())
        out.print(f"Wrote {invitation}; it can be used once, until {made.expires_at:%d %B %Y %H:%M} UTC.")
        print_next("hand the file to the organisation by a safe way, then wait for its enrolment.")


@enrolment_app.command("list")
def list_enrolments(home: HomeOption, as_json: JsonOption = False) -> None:
    """List organisations with the fingerprints to compare by telephone.

    Example: clew-coordinator enrolments list --home coordinator
    """
    from rich.table import Table

    from coordinator.operate import connect, open_home
    from protos import methods
    from protos.messages import EnrolmentState, Nothing

    with explained_errors():
        with connect(open_home(home)) as channel:
            found = channel.call(methods.LIST_ENROLMENTS, Nothing()).enrolments
        if as_json:
            print_json(
                [
                    {
                        "member": e.member,
                        "role": e.role.value,
                        "state": e.state.value,
                        "fingerprint": e.fingerprint,
                    }
                    for e in found
                ]
            )
            return
        if not found:
            out.print("No organisation has been invited yet.")
            print_next(
                f'clew-coordinator invite MEMBER --display-name "NAME" --out MEMBER.invitation --home {home}'
            )
            return
        table = Table("Member", "Name", "State", "Fingerprint")
        table.columns[3].no_wrap = True  # it is read out over the telephone
        for e in found:
            table.add_row(e.member, e.display_name, e.state.value.lower(), e.fingerprint)
        out.print(table)
        if any(e.state is EnrolmentState.PENDING for e in found):
            print_next(
                "telephone each pending member, let them read their fingerprint, then: clew-coordinator "
                f"enrolments approve MEMBER --fingerprint 'WHAT YOU HEARD' --home {home}"
            )


@enrolment_app.command("approve")
def approve_enrolment(
    home: HomeOption,
    member: Annotated[str, typer.Argument(help="The organisation's short name.")],
    fingerprint: Annotated[str, typer.Option(help="The fingerprint you heard from the organisation.")],
) -> None:
    """Approve an enrolment whose fingerprint you compared by telephone.

    Example: clew-coordinator enrolments approve essex --fingerprint "1a2b 3c4d ..." --home coordinator
    """
    from coordinator.operate import connect, open_home
    from protos import methods
    from protos.messages import EnrolmentApproval

    with explained_errors():
        with connect(open_home(home)) as channel:
            channel.call(methods.APPROVE_ENROLMENT, EnrolmentApproval(member, fingerprint))
        out.print(f"Approved {member}.")
        print_next(
            "the member runs clew-node enrol again to collect its certificate; when everyone is approved: "
            f"clew-coordinator agreement draft --custodian MEMBER --out draft.json --home {home}"
        )


@agreement_app.command("draft")
def draft(
    home: HomeOption,
    path: Annotated[Path, typer.Option("--out", help="Where to write the draft (JSON).")],
    custodian: Annotated[
        str, typer.Option(help="Member whose node makes the linkage key and seals it to the others.")
    ],
    days: Annotated[int, typer.Option(help="How long the agreement holds.")] = 365,
    new_epoch: Annotated[
        bool, typer.Option("--new-epoch", help="Start a new key epoch: a member left.")
    ] = False,
) -> None:
    """Draft the agreement from the approved members, for the governance board to sign.

    Example: clew-coordinator agreement draft --custodian essex --out draft.json --home coordinator
    """
    from coordinator.operate import draft_next_agreement, open_home
    from protos.hosting.files import write_file

    with explained_errors():
        agreement, body = draft_next_agreement(
            open_home(home), custodian=custodian, days=days, new_epoch=new_epoch
        )
        write_file(path, body)
        out.print(f"Wrote version {agreement.version} with {len(agreement.members)} members to {path}.")
        print_next(
            f"the board reads it and signs: clew-coordinator agreement sign {path} --key governance.key "
            "--out agreement.json"
        )


@agreement_app.command("sign")
def sign(
    path: Annotated[Path, typer.Argument(help="The draft.")],
    key: Annotated[Path, typer.Option(help="The board's governance.key.")],
    signed: Annotated[Path, typer.Option("--out", help="Where to write the signed agreement.")],
) -> None:
    """Sign a draft with the governance key, away from the coordinator.

    Example: clew-coordinator agreement sign draft.json --key governance.key --out agreement.json
    """
    from coordinator.operate import show_agreement
    from crypto.agreement import parse_agreement, sign_agreement
    from crypto.canonical import parse_json
    from crypto.signing import SigningKey
    from protos.hosting.files import read_file, read_private, write_file

    with explained_errors():
        agreement = parse_agreement(parse_json(read_file(path)))
        show_agreement(agreement)
        write_file(signed, sign_agreement(SigningKey.from_pem(read_private(key)), agreement))
        out.print(f"Signed version {agreement.version}; wrote {signed}.")
        print_next(f"the operator publishes it: clew-coordinator agreement publish {signed} --home HOME")


@agreement_app.command("publish")
def publish(home: HomeOption, path: Annotated[Path, typer.Argument(help="The signed agreement.")]) -> None:
    """Publish a signed agreement; every node verifies it for itself.

    Example: clew-coordinator agreement publish agreement.json --home coordinator
    """
    from coordinator.operate import connect, open_home
    from protos import methods
    from protos.hosting.files import read_file
    from protos.messages import SignedDocument

    with explained_errors():
        with connect(open_home(home)) as channel:
            channel.call(methods.PUBLISH_AGREEMENT, SignedDocument(read_file(path)))
        out.print("Published. Nodes verify it against their pinned governance key when they next ask.")
        print_next(f"clew-coordinator round open --home {home}")


@agreement_app.command("show")
def show(home: HomeOption) -> None:
    """Show the agreement in force.

    Example: clew-coordinator agreement show --home coordinator
    """
    from coordinator.operate import fetch_agreement, open_home, show_agreement

    with explained_errors():
        show_agreement(fetch_agreement(open_home(home)))


@round_app.command("open")
def open_round(
    home: HomeOption,
    submit_for: Annotated[int, typer.Option(help="Seconds to submit.")] = 3600,
    resolve_for: Annotated[int, typer.Option(help="Seconds to say which rows are one record.")] = 1800,
    assess_for: Annotated[int, typer.Option(help="Seconds to answer summary requests.")] = 1800,
    collect_for: Annotated[int, typer.Option(help="Seconds to collect results.")] = 3600,
    as_json: JsonOption = False,
) -> None:
    """Open a linkage round under the current agreement.

    Example: clew-coordinator round open --home coordinator
    """
    from coordinator.operate import connect, open_home, show_status, status_body
    from protos import methods
    from protos.messages import RoundOpening

    with explained_errors():
        with connect(open_home(home)) as channel:
            opening = RoundOpening(submit_for, resolve_for, assess_for, collect_for)
            status = channel.call(methods.OPEN_ROUND, opening)
        if as_json:
            print_json(status_body(status))
        else:
            show_status(status)
            print_next(f"clew-coordinator round status --watch --home {home}")


@round_app.command("status")
def round_status(
    home: HomeOption,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until the round is over.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the latest round's progress, in counts.

    Example: clew-coordinator round status --watch --home coordinator
    """
    import time

    from coordinator.operate import connect, fetch_status, is_over, open_home, show_status, status_body

    with explained_errors(), connect(open_home(home)) as channel:
        shown = None
        while True:
            status = fetch_status(channel)
            if status != shown and not as_json:
                show_status(status)
            shown = status
            if not watch or is_over(status):
                break
            time.sleep(0.5)
        if as_json:
            print_json(status_body(status))


@round_app.command("abandon")
def abandon_round(home: HomeOption, as_json: JsonOption = False) -> None:
    """Abandon the running round: everything of it is erased, nobody gets results.

    Example: clew-coordinator round abandon --home coordinator
    """
    from coordinator.operate import connect, fetch_status, open_home, show_status, status_body
    from protos import methods
    from protos.messages import RoundReference

    with explained_errors():
        with connect(open_home(home)) as channel:
            running = RoundReference(fetch_status(channel).round_id)
            status = channel.call(methods.ABANDON_ROUND, running)
        if as_json:
            print_json(status_body(status))
        else:
            show_status(status)
            print_next(f"clew-coordinator round open --home {home}")


@app.command()
def audit(home: HomeOption, as_json: JsonOption = False) -> None:
    """Recompute the whole log from its raw entries and check it against the signed checkpoint.

    Example: clew-coordinator audit --home coordinator
    """
    from coordinator.operate import audit_log, open_home

    with explained_errors():
        report = audit_log(open_home(home))
        if as_json:
            print_json(report)
        else:
            out.print(
                f"The log's {report['entries']:,} entries give the root of its signed checkpoint.",
                soft_wrap=True,
            )
            for event, count in report["events"].items():
                out.print(f"  {event.replace('_', ' ').lower():<24} {count:>9,}")
