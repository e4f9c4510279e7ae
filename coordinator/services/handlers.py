"""Joins the method table to the desks that serve it.

Layer: coordinator. Pure wiring; a method missing here stops the server from starting.
"""

from collections.abc import Mapping
from typing import Any

from coordinator.directory import Directory
from coordinator.journal import Journal
from coordinator.rounds import require_idle
from coordinator.server import Handler
from coordinator.services.enrolment import EnrolmentDesk
from coordinator.services.log import LogDesk
from coordinator.services.relay import Relay
from coordinator.services.rounds import RoundDesk
from coordinator.store.enrolments import EnrolmentStore
from coordinator.store.rounds import RoundStore
from crypto.log.entry import EventType
from crypto.pki import PeerIdentity
from protos import methods
from protos.messages import Accepted, SignedDocument
from protos.methods import Method


class AgreementDesk:
    """Publishes and hands out the federation agreement."""

    def __init__(
        self, store: EnrolmentStore, rounds: RoundStore, directory: Directory, journal: Journal
    ) -> None:
        self._store = store
        self._rounds = rounds
        self._directory = directory
        self._journal = journal

    def publish(self, caller: PeerIdentity, document: SignedDocument) -> Accepted:
        """Publish an agreement after verifying the governance signature; never an older version.

        Raises:
            VerificationError: Not signed by the governance key, expired, or older than the current.
            StateError: A round is running; a change takes effect with the next one only (P-20).
        """
        require_idle(self._rounds.find_latest())
        agreement = self._directory.verify(document.envelope, at_least=self._store.get_agreement_version())
        self._journal.record(
            EventType.CONFIG_CHANGE, "AGREEMENT_PUBLISHED", agreement.digest, actor=caller.name
        )
        self._store.add_agreement(agreement.version, document.envelope)
        return Accepted(1)

    def get(self) -> SignedDocument:
        """Return the current agreement as signed."""
        return SignedDocument(self._directory.get_envelope())


def make_handlers(
    enrolment: EnrolmentDesk, agreement: AgreementDesk, rounds: RoundDesk, relay: Relay, log: LogDesk
) -> Mapping[Method[Any, Any], Handler]:
    """Return the handler of every method in the table."""
    return {
        methods.ENROL: lambda _, request: enrolment.enrol(request),
        methods.CREATE_INVITATION: lambda _, request: enrolment.invite(request),
        methods.LIST_ENROLMENTS: lambda _caller, _request: enrolment.list_enrolments(),
        methods.APPROVE_ENROLMENT: lambda caller, request: enrolment.approve(request, operator=caller.name),
        methods.PUBLISH_AGREEMENT: agreement.publish,
        methods.OPEN_ROUND: lambda caller, request: rounds.open_round(request, operator=caller.name),
        methods.ABANDON_ROUND: lambda caller, request: rounds.abandon(request, operator=caller.name),
        methods.GET_ROUND_STATUS: lambda _, request: rounds.get_status(request),
        methods.GET_AGREEMENT: lambda _caller, _request: agreement.get(),
        methods.GET_ROUND: lambda _caller, _request: rounds.get_latest(),
        methods.SUBMIT: rounds.submit,
        methods.GET_RESOLUTION_REQUESTS: rounds.get_resolution_requests,
        methods.SEND_RESOLUTIONS: rounds.send_resolutions,
        methods.GET_SUMMARY_REQUESTS: rounds.get_summary_requests,
        methods.SEND_SUMMARIES: rounds.send_summaries,
        methods.GET_RESULTS: rounds.get_results,
        methods.ACKNOWLEDGE_RESULTS: rounds.acknowledge_results,
        methods.SEND: relay.send,
        methods.FETCH: lambda caller, _: relay.fetch(caller),
        methods.ACKNOWLEDGE: relay.acknowledge,
        methods.APPEND: log.append,
        methods.GET_CHECKPOINT: lambda _, request: log.get_checkpoint(request),
        methods.GET_ENTRIES: lambda _, request: log.get_entries(request),
    }
