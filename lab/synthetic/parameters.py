"""Every number that the synthetic federation is drawn with, each with its source or "assumed".

Layer: lab. Pure. A reader who doubts a result can see here what was put in; the manifest repeats the
values and sources beside every generated set. Rates that no publication gives are marked assumed, and
no finding may rest on one alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from crypto.errors import InputError

FEWEST_RECORDS = 100  # of a member; below it the shares of overlap and kin round to nothing
S2 = "National VAWG Strategic Threat and Risk Assessment 2023 (DOMAIN 2.6)"


def assumed(default: float, why: str = "") -> Any:
    """Return a field whose value nobody has published."""
    return field(default=default, metadata={"source": f"assumed: {why}" if why else "assumed"})


def sourced(default: float, source: str) -> Any:
    """Return a field whose value a publication gives."""
    return field(default=default, metadata={"source": source})


@dataclass(frozen=True, slots=True)
class PopulationRates:
    """Who the people are. Shares are of people, 0 to 1."""

    suspect_share: float = assumed(0.45, "suspects among a force's nominals; the others are victims")
    suspect_female: float = assumed(0.20)
    middle_name: float = assumed(0.60)
    rare_surname: float = assumed(0.15, "surnames rarer than 0.003%, which the ONS table leaves out")
    couple: float = assumed(0.12, "victims who live with a suspect of the same force")
    married: float = assumed(0.5, "of those couples, the same surname")
    sibling: float = assumed(0.02, "recorded beside a brother or sister at the same home")
    twin: float = assumed(0.003, "about 3% of people are born twins; both on record is rarer")
    same_name_parent: float = assumed(0.004)
    kin_across: float = assumed(0.10, "relatives at one home whom different members hold")
    pncid_recorded: float = assumed(0.40, "suspects; most nominals were never through custody")
    police_employee: float = assumed(0.002)
    restricted: float = assumed(0.004)
    covert: float = assumed(0.001)
    protected_person: float = assumed(0.001)


@dataclass(frozen=True, slots=True)
class SharingRates:
    """Who is held more than once."""

    overlap: float = assumed(0.10, "people of a force whom another force holds too, in each view; 0.05-0.25")
    third_member: float = assumed(0.10, "movers whom a third force holds as well")
    resettled: float = assumed(
        0.20, "movers who live in the second force's area; the others only offend there"
    )
    several_nominals: float = assumed(0.04, "records that are another nominal of someone the force holds")
    partner_size: float = assumed(0.5, "partner's records per record of an average force")
    partner_overlap: float = assumed(0.12, "partner's adults whom the force of its area holds too")
    partner_perpetrators: float = assumed(0.40)
    partner_children: float = assumed(0.25)


@dataclass(frozen=True, slots=True)
class OriginRates:
    """How names of an origin vary between two records of one person; a share of that origin's records.

    The processes are those named in the linkage literature; their rates in police records are unknown.
    """

    arabic_respelt: float = assumed(0.25, "another Latin spelling of the same Arabic name, per name")
    chinese_other_system: float = assumed(0.15, "written under another romanisation than the person's own")
    chinese_home_cantonese: float = assumed(0.45, "people whose own spelling is Hong Kong Cantonese")
    chinese_home_wade_giles: float = assumed(0.08)
    chinese_given_split: float = assumed(0.35, "two-character given name in two words or with a hyphen")
    chinese_swapped: float = assumed(0.12, "family name first, recorded as a forename")
    vietnamese_swapped: float = assumed(0.12)
    south_asian_swapped: float = assumed(0.04)
    west_african_swapped: float = assumed(0.06)
    east_african_swapped: float = assumed(0.06)
    european_swapped: float = assumed(0.004)
    english_alias_held: float = assumed(0.30, "Chinese, Vietnamese and West African people with one")
    english_alias_used: float = assumed(0.30, "records of theirs made under it")
    patronymic_other: float = assumed(0.20, "Arab and East African: another of the father's names as surname")
    religious_surname_held: float = assumed(0.15, "South Asian women and men also known as Kaur or Singh, "
                                            "Begum or Khan")  # fmt: skip
    religious_surname_used: float = assumed(0.25)
    mohammed_dropped: float = assumed(0.20, "first name Mohammed left out when a middle name is there")
    iberian_other_surname: float = assumed(0.15, "Portuguese: mother's surname recorded instead of both")
    slavic_gender_ending: float = assumed(0.10, "Polish and Lithuanian women under the man's ending")
    woman_other_held: float = assumed(0.5, "women with a maiden or married surname besides, any origin")
    woman_other_surname: float = assumed(0.12, "records of theirs made under it")
    hyphenated: float = assumed(0.20, "of those, both surnames joined")
    birth_imputed_high: float = assumed(0.10, "East African and Arab people documented as born on 1 January")
    birth_imputed_low: float = assumed(0.02, "South Asian, Pakistani, Bangladeshi, Turkish, Vietnamese")


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Share of records that get each error, on top of what origins bring; the medium level.

    Two records of one person are drawn independently, so they differ about twice as often.
    """

    forename_keyed: float = assumed(0.008, "a neighbouring key, a letter lost, doubled or exchanged")
    surname_keyed: float = assumed(0.008)
    forename_heard: float = assumed(0.008, "phonetic rule (GeCo)")
    surname_heard: float = assumed(0.010)
    forename_scanned: float = assumed(0.002, "OCR rule (GeCo)")
    surname_scanned: float = assumed(0.002)
    forename_variant: float = assumed(0.015, "another spelling in use (ONS pairs)")
    surname_variant: float = assumed(0.008)
    nickname: float = assumed(0.03)
    middle_missing: float = assumed(0.20, "commonest difference between systems")
    middle_initial: float = assumed(0.05)
    middle_as_forename: float = assumed(0.01, "known by the middle name")
    names_swapped: float = assumed(0.002, "forename and surname exchanged by a clerk")
    day_month_swapped: float = assumed(0.005)
    birth_digit: float = assumed(0.012, "one part of the date off by a little")
    birth_defaulted: float = assumed(0.007, "1 January for an unknown day, marked DEFAULTED (DOMAIN 5.1)")
    birth_missing: float = assumed(0.01)
    moved: float = assumed(0.12, "another home; about one person in ten moves in a year (ONS), more here")
    postcode_missing: float = assumed(0.03)
    postcode_keyed: float = assumed(0.01, "one character of the second half wrong")
    sex_unrecorded: float = assumed(0.005)
    sex_wrong: float = assumed(0.002)
    false_name: float = assumed(0.008, "suspects: a relative's or an invented name given on purpose")
    false_birth: float = assumed(0.010, "suspects: a date some years or months off given on purpose")
    alias_listed: float = assumed(0.30, "another name that the person is known by is in the alias table")

    def scale(self, factor: float) -> "ErrorRates":
        """Return every rate times the factor, none above one half."""
        return replace(self, **{f.name: min(0.5, getattr(self, f.name) * factor) for f in fields(self)})


ERROR_LEVELS: Mapping[str, ErrorRates] = {
    "low": ErrorRates().scale(0.4),
    "medium": ErrorRates(),
    "high": ErrorRates().scale(2.5),
}
"""Named levels of error; medium is the table above, low 0.4 times and high 2.5 times as much."""


@dataclass(frozen=True, slots=True)
class CrimeRates:
    """What is recorded about whom. Shares of VAWG crimes unless the name says otherwise."""

    vawg_of_recorded: float = sourced(0.158, S2)
    da_of_recorded: float = sourced(0.17, S2)
    stalking_harassment: float = sourced(0.43, S2)
    stalking_harassment_least: float = sourced(0.26, S2)
    stalking_harassment_most: float = sourced(0.56, S2)
    sexual: float = assumed(0.17, "about the share of sexual offences against women in S2's total")
    rape_of_sexual: float = sourced(0.36, S2)
    da_of_stalking_harassment: float = sourced(0.324, S2)
    da_of_rape: float = sourced(0.33, S2)
    da_of_other_sexual: float = assumed(0.10)
    da_of_violence: float = assumed(0.60)
    ccb_of_da: float = sourced(0.05, S2)
    strangulation_of_da: float = assumed(0.03)
    da_victims_female: float = sourced(0.75, S2)
    sexual_victims_female: float = sourced(0.88, "recorded crime 2017/18 by class, sexes stated")
    other_victims_female: float = assumed(0.75)
    stranger_of_rape: float = sourced(0.05, S2)
    sexual_victims_10_14: float = sourced(0.241, S2)
    sexual_victims_15_19: float = sourced(0.25, S2)
    online: float = sourced(0.10, S2)
    education: float = sourced(0.02, S2)
    group_of_csae: float = sourced(0.045, S2)
    spiking: float = assumed(0.01, "of violence without a domestic relation")
    spiking_offender_unknown: float = sourced(0.875, S2)
    offender_unknown: float = assumed(0.28, "of other crimes outside the home and of no known suspect")
    charged: float = sourced(0.06, S2 + ", of closed crimes")
    evidential: float = sourced(0.38, S2 + ", outcomes 15 and 16 of closed crimes")
    dyad_repeats: float = sourced(0.24, "Bland and Ariel 2015: 76% of dyads never repeat")
    further_events: float = assumed(1.6, "mean number after the first, of dyads that repeat")
    non_crime_dyads: float = assumed(0.50, "dyads known by incidents without a crime only")
    rape_series: float = assumed(5.0, "mean rapes per dyad with any; makes 2% of dyads hold 75-85% of harm")
    sexual_in_series: float = assumed(0.5, "other sexual offences that fall in those dyads")
    other_offending: float = assumed(0.28, "VAWG suspects with other crime: 41.4-58.8% have several offences")
    outlier_repeats: float = sourced(0.49, S2 + ", one force's repeat victims; only with ten forces or more")


@dataclass(frozen=True, slots=True)
class OrderRates:
    """Orders, custody and missing episodes, as shares of the people they can concern."""

    arrested: float = assumed(0.35, "crimes with a known suspect")
    order_of_da_suspects: float = assumed(0.08)
    order_of_sexual_suspects: float = assumed(0.12)
    non_molestation_notified: float = assumed(0.30, "most are unknown to police: the gap of F20")
    missing_of_child_victims: float = assumed(0.15)


@dataclass(frozen=True, slots=True)
class Parameters:
    """A whole federation's recipe.

    Attributes:
        sizes: Records of each force by member name, in federation order, before planted stories.
        partner: Member name of one partner agency, or None; it works in the area of the story's Kent.
        seed: Seed of the generator.
        today: The day to which all ages are relative.
        stories: Whether the planted stories are added; they need a partner.
        error_level: A label of the caller's; the manifest names the level that the rates are.
        slice_count: With a positive number, only people whose salt value is among so many drawn ones.
        slice_salt: Which salt: see `lab.synthetic.slices.SALTS`.
    """

    sizes: Mapping[str, int]
    partner: str | None
    seed: int
    today: date
    stories: bool = True
    error_level: str = "medium"
    slice_count: int = 0
    slice_salt: str = "dob"
    population: PopulationRates = PopulationRates()
    sharing: SharingRates = SharingRates()
    origins: OriginRates = OriginRates()
    errors: ErrorRates = ErrorRates()
    crimes: CrimeRates = CrimeRates()
    orders: OrderRates = OrderRates()

    @property
    def members(self) -> tuple[str, ...]:
        """Every member's name, the partner last."""
        return (*self.sizes, *([self.partner] if self.partner else []))


RATE_GROUPS = ("population", "sharing", "origins", "errors", "crimes", "orders")


def check_parameters(parameters: Parameters) -> Parameters:
    """Return the parameters if a federation can be drawn with them.

    Raises:
        InputError: Fewer than two forces, too few records, a rate out of range or stories without a partner.
    """
    if len(parameters.sizes) < 2 or parameters.partner in parameters.sizes:
        raise InputError("expected at least two forces and a partner, all of different names")
    least = min(parameters.sizes.values())
    if least < FEWEST_RECORDS:
        raise InputError(f"expected at least {FEWEST_RECORDS} records per force, got {least}")
    if parameters.stories and not parameters.partner:
        raise InputError("the planted stories need a partner agency: name one, or leave the stories out")
    if not 0 <= parameters.sharing.overlap <= 0.5:
        raise InputError("overlap: expected a share from 0 to 0.5, for example 0.1")
    if parameters.slice_count < 0:
        raise InputError("slice: expected a positive number of salt values, for example 230")
    return parameters


def choose_errors(level: str) -> ErrorRates:
    """Return the rates of a named level.

    Raises:
        InputError: There is no such level.
    """
    if level not in ERROR_LEVELS:
        raise InputError(f"errors: expected one of {', '.join(ERROR_LEVELS)}, got {level}")
    return ERROR_LEVELS[level]


def find_level(errors: ErrorRates) -> str | None:
    """Return the name of the level that the rates are, or None for rates of one's own."""
    return next((name for name, rates in ERROR_LEVELS.items() if rates == errors), None)


def describe_rates(parameters: Parameters) -> dict[str, dict[str, dict[str, Any]]]:
    """Return every rate by group with its value and source, as the manifest holds them."""
    return {
        group: {
            f.name: {"value": getattr(getattr(parameters, group), f.name), "source": f.metadata["source"]}
            for f in fields(getattr(parameters, group))
        }
        for group in RATE_GROUPS
    }


def spread_records(records: int, populations: Mapping[str, float]) -> dict[str, int]:
    """Return each force's share of the records by population, at least the fewest that make sense."""
    total = sum(populations.values())
    return {name: max(FEWEST_RECORDS, round(records * n / total)) for name, n in populations.items()}
