"""Write a partner agency's contacts, and a force's orders, custody, aliases and missing episodes.

Layer: lab. Tables and words are those of `../shared/data/canonical_schema.csv`. Today's node reads
partner contacts; the other tables lie ready for the versions that read them.
"""

import numpy as np
import pandas as pd

from lab.synthetic.dyads import UNKNOWN
from lab.synthetic.offences import Cases, draw_ids, pick, write_days, write_flags
from lab.synthetic.parameters import OrderRates
from lab.synthetic.registry import ROLES, THEMES, WINDOW_DAYS

NO_GATEWAY_SHARE = 0.1  # assumed, as all three below
SEVERITY_SHARES = {"NONE": 0.40, "MINOR": 0.35, "MODERATE": 0.20, "SERIOUS": 0.05}
CONSENT_SHARES = {"EXPLICIT": 0.6, "NOT_SOUGHT_UNSAFE": 0.4}
RELEASE_SHARES = {"NOT_REQUESTED": 0.70, "APPROVED": 0.25, "REFUSED": 0.05}
DA_ORDERS = {"NMO": 0.45, "DVPN": 0.15, "DVPO": 0.13, "DAPO": 0.05, "RO": 0.15, "OCC": 0.07}  # assumed
SEXUAL_ORDERS = {"SHPO": 0.45, "SRO": 0.15, "ISRO": 0.10, "SPO": 0.20, "ISPO": 0.10}  # assumed
ORDER_DAYS = {"DVPN": 2, "DVPO": 28, "NMO": 365, "OCC": 365, "ISRO": 90, "ISPO": 90, "SPO": 730}
USUAL_ORDER_DAYS = 1095
ISSUERS = {"DVPN": "POLICE", "NMO": "FAMILY", "OCC": "FAMILY", "RO": "MAGISTRATES", "SHPO": "CROWN"}
# Disposal of an arrest when the crime is still open, and by outcome charged or other.
OPEN_DISPOSALS = {"RUI": 0.6, "BAILED": 0.4}
CONTACT_COLUMNS = (
    "partner_record_id", "subject_nominal_id", "subject_role", "partner_type", "contact_class",
    "contact_date", "severity_bucket", "lawful_gateway", "consent", "guardian_release",
)  # fmt: skip
ORDER_COLUMNS = (
    "order_id", "order_type", "subject_nominal_id", "protected_nominal_id", "granted_at", "expires_at",
    "issuing_body", "applying_force", "notified_to_police", "conditions", "conditions_review_due", "status",
    "breach_crime_id",
)  # fmt: skip
CUSTODY_COLUMNS = (
    "custody_id", "nominal_id", "arrested_at", "offence_ho_class", "disposal", "bail_conditions_until",
    "released_at",
)  # fmt: skip
ALIAS_COLUMNS = ("alias_id", "nominal_id", "given_names", "surname", "dob", "alias_type")
MISSING_COLUMNS = ("nominal_id", "reported_at", "returned_at", "risk_grade", "exploitation_flag")


def draw_contacts(subjects: pd.DataFrame, *, today: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """Return one partner contact for each subject, with its gateway and the Guardian's decision.

    A row without a lawful gateway may not be matched (canonical schema), so a tenth of those nobody
    else holds have none. Release is decided case by case: most have not been asked for.

    Args:
        subjects: Columns nominal_id, role (of ROLES), shared.
        today: Contacts lie in the three years before it.
        rng: Seeded generator.
    """
    count = len(subjects)
    adult = rng.random(count) < 0.4
    adult_class = pick(rng, {"DA_DISCLOSURE": 0.6, "S42_ENQUIRY": 0.4}, count)
    child_class = pick(rng, {"S47_ENQUIRY": 0.6, "CP_PLAN": 0.2, "DA_DISCLOSURE": 0.2}, count)
    barred = (rng.random(count) < NO_GATEWAY_SHARE) & ~subjects["shared"].to_numpy(dtype=bool)
    ages = rng.integers(1, WINDOW_DAYS, count).astype("timedelta64[D]")
    role = np.array(["PERPETRATOR", "VICTIM", "CHILD"], dtype=object)[subjects["role"].to_numpy()]
    contacts = pd.DataFrame(
        {
            "partner_record_id": draw_ids(rng, "R", count),
            "subject_nominal_id": subjects["nominal_id"].to_numpy(),
            "subject_role": role,
            "partner_type": np.where(adult, "SOCIAL_CARE_ADULT", "SOCIAL_CARE_CHILD"),
            "contact_class": np.where(adult, adult_class, child_class),
            "contact_date": write_days(today - ages),
            "severity_bucket": pick(rng, SEVERITY_SHARES, count),
            "lawful_gateway": np.where(barred, "", np.where(adult, "CARE14_S42_S45", "CA89_S47")),
            "consent": np.where(role == "VICTIM", pick(rng, CONSENT_SHARES, count), "N_A"),
            "guardian_release": pick(rng, RELEASE_SHARES, count),
        }
    )
    return contacts[list(CONTACT_COLUMNS)]


def draw_orders(
    cases: Cases, records: pd.DataFrame, *, rates: OrderRates, today: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Return civil orders against suspects of domestic and sexual crime, each after an event."""
    events = cases.events
    known = events[(events["suspect"] != UNKNOWN) & (events["victim"] != UNKNOWN)]
    sexual = (known["theme"] == THEMES.index("sexual")).to_numpy()
    share = np.where(
        sexual, rates.order_of_sexual_suspects, rates.order_of_da_suspects * known["domestic"].to_numpy()
    )
    chosen = known[rng.random(len(known)) < share]
    kind = np.where(
        chosen["theme"] == THEMES.index("sexual"),
        pick(rng, SEXUAL_ORDERS, len(chosen)),
        pick(rng, DA_ORDERS, len(chosen)),
    )
    ids = records["nominal_id"].to_numpy(dtype=object)
    granted = np.minimum(
        today - chosen["days_ago"].to_numpy().astype("timedelta64[D]") + rng.integers(1, 60, len(chosen)),
        today,
    )
    length = np.array([ORDER_DAYS.get(name, USUAL_ORDER_DAYS) for name in kind], dtype="timedelta64[D]")
    expires = granted + length
    family = np.isin(kind, ["NMO", "OCC"])
    notified = ~family | (rng.random(len(chosen)) < rates.non_molestation_notified)
    orders = pd.DataFrame(
        {
            "order_id": draw_ids(rng, "O", len(chosen)),
            "order_type": kind,
            "subject_nominal_id": ids[chosen["suspect"]],
            "protected_nominal_id": ids[chosen["victim"]],
            "granted_at": write_days(granted),
            "expires_at": write_days(expires),
            "issuing_body": [ISSUERS.get(name, "MAGISTRATES") for name in kind],
            "notified_to_police": write_flags(notified),
            "conditions_review_due": write_days(granted + np.timedelta64(28, "D")),
            "status": np.where(expires < today, "EXPIRED", "ACTIVE"),
        }
    )
    return orders.reindex(columns=list(ORDER_COLUMNS), fill_value="")


def draw_custody(
    cases: Cases, records: pd.DataFrame, *, rates: OrderRates, rng: np.random.Generator
) -> pd.DataFrame:
    """Return arrests: one custody event for a share of the crimes with a known suspect."""
    joined = cases.events[["crime_id", "suspect"]].assign(
        **{c: cases.crimes[c].to_numpy() for c in ("ho_class", "recorded_at", "status", "outcome_code")}
    )
    crime = (joined["suspect"] != UNKNOWN) & ~joined["ho_class"].str.startswith("NC-")
    chosen = joined[crime.to_numpy() & (rng.random(len(joined)) < rates.arrested)]
    disposal = np.select(
        [chosen["status"] == "OPEN", chosen["outcome_code"] == "1", chosen["outcome_code"].isin(["3", "8"])],
        [pick(rng, OPEN_DISPOSALS, len(chosen)), "CHARGED", "OUT_OF_COURT"],
        "NFA",
    )
    custody = pd.DataFrame(
        {
            "custody_id": draw_ids(rng, "U", len(chosen)),
            "nominal_id": records["nominal_id"].to_numpy(dtype=object)[chosen["suspect"]],
            "arrested_at": chosen["recorded_at"].to_numpy(),
            "offence_ho_class": chosen["ho_class"].to_numpy(),
            "disposal": disposal,
        }
    )
    return custody.reindex(columns=list(CUSTODY_COLUMNS), fill_value="")


def list_aliases(records: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the alias table: other names by which the member knows the people it holds."""
    known = records[records["alias"] != ""]
    split = [alias.partition(":") for alias in known["alias"].tolist()]
    kind = np.array([kind for kind, _, _ in split], dtype=object)
    name = np.array([name for _, _, name in split], dtype=object)
    english = kind == "TRANSLITERATION"
    aliases = pd.DataFrame(
        {
            "alias_id": draw_ids(rng, "A", len(known)),
            "nominal_id": known["nominal_id"].to_numpy(),
            "given_names": np.where(english, name, known["forename"]),
            "surname": np.where(english, known["surname"], name),
            "dob": "",
            "alias_type": kind,
        }
    )
    return aliases[list(ALIAS_COLUMNS)]


def draw_missing(
    records: pd.DataFrame, *, rates: OrderRates, today: np.datetime64, rng: np.random.Generator
) -> pd.DataFrame:
    """Return missing episodes of child victims; some have several (F17)."""
    born = records["born"].to_numpy()
    age = (today.astype("datetime64[D]").astype(int) - born) / 365.25
    child = (records["role"] == ROLES.index("VICTIM")).to_numpy() & (age < 18)
    chosen = np.flatnonzero(child & (rng.random(len(records)) < rates.missing_of_child_victims))
    row = np.repeat(chosen, rng.geometric(0.45, len(chosen)))
    reported = today - rng.integers(1, WINDOW_DAYS, len(row)).astype("timedelta64[D]")
    returned = np.minimum(reported + rng.geometric(0.6, len(row)) - 1, today)
    midnight = "T00:00:00Z"
    episodes = pd.DataFrame(
        {
            "nominal_id": records["nominal_id"].to_numpy(dtype=object)[row],
            "reported_at": write_days(reported) + midnight,
            "returned_at": write_days(returned) + midnight,
            "risk_grade": pick(rng, {"LOW": 0.15, "MEDIUM": 0.65, "HIGH": 0.20}, len(row)),
            "exploitation_flag": write_flags(
                (records["theme"].to_numpy()[row] == THEMES.index("sexual")) & (rng.random(len(row)) < 0.6)
            ),
        }
    )
    return episodes[list(MISSING_COLUMNS)]
