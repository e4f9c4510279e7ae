"""docs/privacy.md and its chart: the committed record of runs, written by the program.

Layer: lab. Pure.
"""

from collections.abc import Iterable, Sequence

from lab.attacks.catalogue import ATTACKS, Attack
from lab.attacks.report.chart import draw_chart
from lab.attacks.report.page import (
    CHART_NOTE,
    CONDITION_HEADINGS,
    SUMMARY_HEADINGS,
    list_conditions,
    list_dots,
    list_summary,
)
from lab.attacks.report.reading import SchemeReading, describe_void, list_failures, read_runs
from lab.attacks.report.table import EXPLANATION, HEADINGS, list_row, show_quality, show_tying
from lab.attacks.results import Run

DOCUMENT = "privacy.md"
CHART = "images/privacy.svg"

OPENING = """# What encodings give away

This page is written by `clew-lab attack --write-docs`; do not edit it by hand. It says how many people the
coordinator of a federation, or whoever breaks into it, could recognise in what it holds. How well the same
encodings link is measured in more depth by `./run quality`. The two belong together: privacy is easily had
by linking nobody.

## The attacker

The attacker is the coordinator's side: curious, well read, and in no hurry.

- It **holds** the rows of a round: encodings, block tokens, or both. Where a scheme ties the rows of one
  record, it sees the ties.
- It **knows the scheme** in every detail, and not the members' secret.
- It **has a list of the population**: names, dates of birth, sex and postcodes as registers and leaked
  lists hold them. The list has as many people as there are records. It covers all records, half of them, or
  a fifth; the rest of it are strangers, and the attacker cannot tell which.
- It may **know some records** beforehand, for example because it works for a member, or because it reported
  crimes itself.

It is given every advantage that could be thought of: records are attacked with the very values that its
list has, without the errors of real ones, and a record counts as re-identified when any one of its rows is
named rightly, even if the attacker could not know which row to believe.

## What is measured

**Re-identified** is the share of records whose person the attacker names, of those whose person is on its
list and was not known beforehand. **Resolved** is the same of the records that members resolved in a round.
Intervals are 95% Wilson intervals over records, and runs of different seeds are counted together; records
of one run stand and fall together more than such an interval knows, so small differences mean nothing.
Nobody found never means that nobody can be found: the upper end of the interval is the figure to quote.

**Best F1** is the linkage quality of the same scheme at the best threshold in hindsight: two members, half
of whose records are of people whom the other holds too, one with the values as listed and one with the
errors of records. Pairs are compared inside blocks where a scheme has blocks; a pair seen in several views
is as similar as in its best view, and under tokens alone, as many as agree.

**National density**: births are moved onto a grid of so few years and days that 217 people share each date,
as in a country of millions; without it, blocks of a few thousand people would be far too small and would look
safe. Blocks by year or by day of the year are still smaller than a country's. Linkage quality is measured on
births as drawn.

**Positive controls**: every run must re-identify 95% of plain encodings, at its own size up to 5,000, and
85% of 50,000 people with three coarse tokens tied to one record. A run that does not is void, and no figure
of it is used here.
"""

NOT_COVERED = """## What is not covered

- **A member that colludes with the coordinator** has the secret. The attack with a leaked secret shows what
  follows: everybody on the list is found, under every keyed encoding. It is marked as the limit and judges
  no scheme.
- **Better attacks.** These are our own implementations of what is published, made as strong as we could; a
  share is what they reached and not what is possible.
- **Larger lists and rounds.** Shares of some schemes grow with size. The tables say at which size they were
  measured.
- **Who sent a row.** Tying measures how often a row's true partner in another view is among the 1% of rows
  that look likeliest, against chance. In a held round rows lie member by member, so the adversary that goes
  by order finds the member, and its ratio is about the number of members: the coordinator knows that anyway.
- **What is not an encoding**: how many records each member submits, who matches whom in number, sizes and
  times of messages, score summaries. See [](limitations.md) and [](threat-model.md).
- **Attributes of people who are not named.** An attacker that cannot name a person may still learn
  something, for example that two rows are of siblings.
- **Real people.** The lists here are synthetic, after national counts of names and births. Those with rare
  names stand out more than an average shows.

## How to repeat it

```sh
clew-lab attack --out privacy.json --html privacy.html
clew-lab attack plain tokens-coarse-tied --records 5000 --coverage 1 --anchors 0
clew-lab attack --people people.csv
clew-lab attack --results privacy.json --write-docs
```

The first takes an hour or more and writes what it has after every result. The second is the two positive
controls and takes some minutes. The third takes a table of your own; it leaves births as they are unless
`--density national` is given. The last renders this page again from what was kept; `--results` may be given
several times.

`clew-lab hold-round --out held` runs a federation of processes into an open round and keeps what its
coordinator holds then; `clew-lab attack --round held` attacks that. Its records were written with errors,
and rows that members resolved are tied.

Schemes of block tokens alone are attacked at 50,000 records unless `--records` says otherwise, all others at
5,000. Figures of salted views at a few thousand records are too high: the list is as small as the round, so
luck names more, and blocks by year are far from a country's.

## The results file

`--out` and `--json` write one object: `format` is `clew-attack/1`, and `runs` has one entry for each run.

| field of a run | holds |
| --- | --- |
| `is_void` | whether a control failed or none was run |
| `conditions` | `source`, `records`, `density`, `seed`, `measured_on`, `machine`, `versions` |
| `controls` | `name`, `goal`, `reached` (a count), `failure` |
| `qualities` | `scheme`, `precision`, `recall`, `f1`, `true_pairs` |
| `results` | `scheme`, `attack`, `coverage`, `anchors`, `seconds`, `chance`, `failure`, and three counts |
| `tying` | `scheme`, `adversary`, `first`, `second`, `hits`, `pairs`, `chance`, `seconds` |

A count is `hits` of `trials`: `listed` and `resolved` of records as in the tables, and `named` of rows that
were named rightly among those that were named at all.
"""


def render_document(runs: Sequence[Run]) -> str:
    """Return the document as Markdown."""
    readings = read_runs(runs)
    parts = [
        OPENING,
        *(f"**{line}**\n" for line in describe_void(runs)),
        "## Privacy against quality\n",
        f"![Each scheme's best F1 and the share re-identified by its worst attack]({CHART})\n",
        CHART_NOTE + "\n",
        _render_table(SUMMARY_HEADINGS, list_summary(readings)),
        "## Every scheme\n\n" + EXPLANATION + "\n",
        *(_render_scheme(reading) for reading in readings),
        *(
            f"Not measured: {failed.attack} on {failed.scheme} ({failed.failure}).\n"
            for failed in list_failures(runs)
        ),
        "## The attacks\n",
        *(_render_attack(attack) for attack in ATTACKS.values()),
        NOT_COVERED,
        "## Runs\n",
        _render_table(CONDITION_HEADINGS, list_conditions(runs)),
        "\n".join(_list_machines(runs)) + "\n",
    ]
    return "\n".join(parts).rstrip() + "\n"


def render_chart(runs: Sequence[Run]) -> str:
    """Return the chart as an SVG file."""
    return draw_chart(list_dots(read_runs(runs))) + "\n"


def _render_scheme(reading: SchemeReading) -> str:
    tying = "".join(f"- {show_tying(each)}\n" for each in reading.tying)
    return (
        f"### {reading.scheme}\n\n{reading.verdict} Linkage: {show_quality(reading)}.\n\n"
        + (tying + "\n" if tying else "")
        + _render_table(HEADINGS, [list_row(row) for row in reading.rows])
    )


def _render_attack(attack: Attack) -> str:
    needs = ", ".join(sorted(attack.needs))
    return (
        f"**{attack.title.capitalize()}** (`{attack.name}`). {attack.idea} Needs: {needs}. "
        f"Source: {attack.source}.\n"
    )


def _list_machines(runs: Iterable[Run]) -> list[str]:
    conditions = [{**run.conditions.machine, **run.conditions.versions} for run in runs]
    lines = [", ".join(f"{name} {value}" for name, value in each.items()) for each in conditions]
    return [f"Measured with {line}." for line in dict.fromkeys(lines)]


def _render_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines) + "\n"
    )
