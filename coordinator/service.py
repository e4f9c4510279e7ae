"""The coordinator as a process: assembles everything from its home and serves until told to stop.

Layer: coordinator, the outermost shell.
"""

import asyncio
import json
import signal
from datetime import timedelta

from coordinator.conductor import Conductor
from coordinator.config import CoordinatorConfig, CoordinatorHome
from coordinator.directory import Directory
from coordinator.erasure import RoundEraser
from coordinator.journal import Journal
from coordinator.segments import SegmentDirectory
from coordinator.server import Guard, make_credentials, make_server
from coordinator.services.enrolment import EnrolmentDesk
from coordinator.services.handlers import AgreementDesk, make_handlers
from coordinator.services.log import LogDesk
from coordinator.services.relay import Relay
from coordinator.services.rounds import RoundDesk
from coordinator.store import tables
from coordinator.store.enrolments import EnrolmentStore
from coordinator.store.log import LogStore
from coordinator.store.relay import RelayStore
from coordinator.store.rounds import RoundStore
from coordinator.transparency import TransparencyLog
from crypto.errors import StateError
from crypto.pki import Authority
from crypto.signing import SigningKey
from protos.hosting.clock import read_clock
from protos.hosting.config import load_config
from protos.hosting.database import open_database, require_database
from protos.hosting.files import locked_home, read_file, read_private, write_file
from protos.hosting.logs import open_log
from protos.methods import ENROLMENT_PORT_METHODS, MEMBER_PORT_METHODS

SHUTDOWN_GRACE_S = 5.0


async def serve(home: CoordinatorHome) -> None:
    """Serve until SIGTERM or SIGINT; raises :class:`StateError` when another process uses the home."""
    with locked_home(home.root):
        home.ports.unlink(missing_ok=True)  # left by a process that was killed
        await _serve(home)


async def _serve(home: CoordinatorHome) -> None:
    config = load_config(CoordinatorConfig, home.config)
    log = open_log(home.log_file, "coordinator")
    engine = open_database(require_database(home.database), tables.metadata)
    enrolments, round_store, log_store = EnrolmentStore(engine), RoundStore(engine), LogStore(engine)
    directory = Directory(
        enrolments,
        federation=config.federation,
        governance_public_key=config.governance_public_key,
        clock=read_clock,
    )
    transparency = TransparencyLog(
        log_store, key=SigningKey.from_pem(read_private(home.log_key)), origin=config.log_origin
    )
    journal = Journal(transparency, read_clock)
    segments = SegmentDirectory(home.segments)
    eraser = RoundEraser(round_store, segments, journal)
    eraser.finish()
    authority = Authority(
        config.federation, read_file(home.authority_certificate), read_private(home.authority_key)
    )
    handlers = make_handlers(
        EnrolmentDesk(
            enrolments,
            authority,
            journal,
            certificate_lifetime=timedelta(days=config.certificate_days),
            clock=read_clock,
        ),
        AgreementDesk(enrolments, round_store, directory, journal),
        RoundDesk(round_store, segments, directory, journal, eraser, read_clock),
        Relay(RelayStore(engine), directory, read_clock),
        LogDesk(transparency, log_store, directory),
    )
    guard = Guard(directory, federation=config.federation, log=log)
    server_identity = {
        "server_key": read_private(home.server_key),
        "server_certificate": read_file(home.server_certificate),
    }
    members, member_port = make_server(
        guard,
        handlers,
        MEMBER_PORT_METHODS,
        credentials=make_credentials(**server_identity, authority=authority.certificate_pem),
        address=f"{config.listen}:{config.member_port}",
    )
    newcomers, enrolment_port = make_server(
        guard,
        handlers,
        ENROLMENT_PORT_METHODS,
        credentials=make_credentials(**server_identity, authority=None),
        address=f"{config.listen}:{config.enrolment_port}",
    )
    conductor = Conductor(round_store, segments, directory, journal, eraser, clock=read_clock, log=log)
    await members.start()
    await newcomers.start()
    write_file(home.ports, json.dumps({"member": member_port, "enrolment": enrolment_port}).encode())
    log.info("serving", port=member_port)
    await _run_until_stopped(conductor)
    home.ports.unlink(missing_ok=True)
    await asyncio.gather(members.stop(SHUTDOWN_GRACE_S), newcomers.stop(SHUTDOWN_GRACE_S))
    log.info("stopped")


async def _run_until_stopped(conductor: Conductor) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    driving = asyncio.create_task(conductor.run())
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait((driving, waiting), return_when=asyncio.FIRST_COMPLETED)
    driving.cancel()
    await asyncio.gather(driving, return_exceptions=True)
    if not stopped.is_set():
        raise StateError("the coordinator's round loop ended; see its log")
