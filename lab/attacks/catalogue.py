"""Every attack of the lab: what it is, whose idea it was, and what it needs.

Layer: lab. Pure. A new attack is one more entry of :data:`ATTACKS`; the runner finds out from it where the
attack applies, and the report what to say of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from crypto.errors import InputError
from lab.attacks.block_frequency import align_block_sizes
from lab.attacks.block_signatures import match_block_signatures
from lab.attacks.dictionary import look_up_rows
from lab.attacks.duplicates import match_duplicates
from lab.attacks.graph_matching import match_graphs
from lab.attacks.known_plaintext import match_known
from lab.attacks.observation import Guesses, Knowledge, Observation
from lab.attacks.pattern_mining import mine_patterns
from lab.attacks.token_graph import match_token_graph


class Need(StrEnum):
    """What an attack cannot do without."""

    ENCODINGS = "encodings"
    BLOCKS = "block tokens"
    TIES = "rows of several views tied to one record"
    ANCHORS = "known records"
    LEAK = "the members' secret"


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        name: Short name, as on the command line.
        title: What it is called in tables.
        idea: How it works, in sentences for a privacy officer.
        source: Paper, or own work.
        needs: What the coordinator must hold or the attacker must know for it.
        run: Names people for rows.
        uses_anchors: Whether known records help it although it can do without.
    """

    name: str
    title: str
    idea: str
    source: str
    needs: frozenset[Need]
    run: Callable[[Observation, Knowledge], Guesses]
    uses_anchors: bool = False

    @property
    def is_limit(self) -> bool:
        """Whether it shows the limit of every keyed encoding and so judges no scheme."""
        return Need.LEAK in self.needs


def list_offered(observation: Observation, knowledge: Knowledge) -> frozenset[Need]:
    """Return the needs that what the attacker holds and knows meets."""
    offered = {
        Need.ENCODINGS: any(view.encodings is not None for view in observation.views),
        Need.BLOCKS: any(view.blocks is not None for view in observation.views),
        Need.TIES: observation.ties is not None and len(observation.views) > 1,
        Need.ANCHORS: any(len(known) for known in knowledge.anchors),
        Need.LEAK: knowledge.leaked_secret is not None,
    }
    return frozenset(need for need, is_met in offered.items() if is_met)


def choose_attacks(
    attacks: Iterable[Attack], observation: Observation, knowledge: Knowledge
) -> tuple[Attack, ...]:
    """Return the attacks that apply, leaving out those that known records would change nothing for."""
    offered = list_offered(observation, knowledge)
    return tuple(
        attack
        for attack in attacks
        if attack.needs <= offered
        and (attack.uses_anchors or Need.ANCHORS in attack.needs or Need.ANCHORS not in offered)
    )


def get_attack(name: str) -> Attack:
    """Return an attack by its name.

    Raises:
        InputError: There is none of that name.
    """
    if name not in ATTACKS:
        raise InputError(f"--attacks: expected names among {', '.join(ATTACKS)}, got {name}")
    return ATTACKS[name]


ATTACKS: dict[str, Attack] = {
    attack.name: attack
    for attack in (
        Attack(
            "graph-matching",
            "graph matching",
            "The attacker encodes its list under a key of its own. Who is how similar to whom is nearly "
            "the same in both, so the two webs of similarity can be laid on one another, first roughly by "
            "the statistics of their independent components, then more and more finely. It needs neither "
            "the key nor a single known record.",
            "Vidanage, Christen, Ranbaduge and Schnell (2020), A graph matching attack on "
            "privacy-preserving record linkage; Schäfer, Armknecht and Heng (2024), R+R: Revisiting graph "
            "matching attacks on privacy-preserving record linkage; the alignment by components is our "
            "own",
            frozenset({Need.ENCODINGS}),
            match_graphs,
        ),
        Attack(
            "known-plaintext",
            "known records",
            "From a few people whose rows it knows, the attacker learns how every bit depends on who a "
            "person is, predicts the bits of everybody on its list, and takes the surest new pairs as "
            "known for the next round.",
            "Vidanage, Ranbaduge, Christen and Schnell (2022), A taxonomy of attacks on "
            "privacy-preserving record linkage; the attack is our own",
            frozenset({Need.ENCODINGS, Need.ANCHORS}),
            match_known,
        ),
        Attack(
            "pattern-mining",
            "pattern mining",
            "Bits that are set together in many rows stand for a frequent run of letters, such as the "
            "ending of a common surname. The patterns are aligned with the letters of the list by how "
            "frequent they are, alone and with each other, and a row is whoever has the letters that its "
            "patterns stand for.",
            "Christen, Vidanage, Ranbaduge and Schnell (2018), Pattern-mining based cryptanalysis of "
            "Bloom filters for privacy-preserving record linkage",
            frozenset({Need.ENCODINGS}),
            mine_patterns,
        ),
        Attack(
            "duplicates",
            "equal rows",
            "Encoding is deterministic, so people with equal values have equal rows. How many are equal, "
            "how full their block is and how many bits are set survives any key, and the list has the "
            "same classes.",
            "After Kuzu, Kantarcioglu, Durham and Malin (2011), A constraint satisfaction cryptanalysis "
            "of Bloom filters in private record linkage",
            frozenset({Need.ENCODINGS}),
            match_duplicates,
        ),
        Attack(
            "block-signatures",
            "block signatures",
            "A block's size, bit counts and inner similarities survive its key. Blocks that look alike "
            "are aligned, and then the rows inside them with the people inside. A known record gives its "
            "whole block away. Where no block tokens are shown, blocks are recovered first.",
            "Our own; inside blocks after Vogelstein et al. (2015), Fast approximate quadratic "
            "programming for graph matching",
            frozenset({Need.ENCODINGS}),
            match_block_signatures,
            uses_anchors=True,
        ),
        Attack(
            "block-frequency",
            "block sizes",
            "How many rows share a block token says something about the value behind it: the fullest "
            "blocks are of the commonest names and dates. Blocks are ranked by size, the values of the "
            "list likewise, and people are named block by block. It needs nothing tied.",
            "Christen, Schnell, Vatsalan and Ranbaduge (2017), Efficient cryptanalysis of Bloom filters "
            "for privacy-preserving record linkage",
            frozenset({Need.BLOCKS}),
            align_block_sizes,
        ),
        Attack(
            "token-graph",
            "token graph",
            "Where the rows of one record are tied, whose tokens meet whose is a graph, and nearly every "
            "place in it is unique. The same graph of the attacker's list is compared, exactly by colour "
            "refinement where the list covers all, and else by votes that spread from the surest pairs.",
            "Weisfeiler and Lehman (1968), The reduction of a graph to canonical form; Yartseva and "
            "Grossglauser (2013), On the performance of percolation graph matching; Korula and Lattanzi "
            "(2014), An efficient reconciliation algorithm for social networks",
            frozenset({Need.BLOCKS, Need.TIES}),
            match_token_graph,
        ),
        Attack(
            "dictionary",
            "leaked secret",
            "Whoever has the members' secret encodes the whole list and looks every row up. No keyed "
            "encoding withstands it; it is here to show what the secret is worth, and judges no scheme.",
            "Our own; it is what every keyed encoding is defined by",
            frozenset({Need.LEAK}),
            look_up_rows,
        ),
    )
}
"""Name to attack, in the order they are run and described."""
