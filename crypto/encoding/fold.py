"""Folding: text of any origin as plain words in capitals from A to Z.

Layer: crypto. Pure. The first step of every standardisation rule. What one system writes as Müller reaches
another as Muller, MÃ¼ller or M&uuml;ller, and Юлия as Yuliya; an encoding sees only letters, so these must
become one spelling. Transliteration is letter by letter (anyascii), never a guess at a language, so it is
the same everywhere; the versions of both libraries are part of the schema digest.
"""

import html
import re
import unicodedata

from anyascii import anyascii
from ftfy import fix_encoding

MISSING_WORDS = frozenset(
    {
        "NULL", "NONE", "N/A", "NIL", "UNKNOWN", "NOT KNOWN", "NOT STATED", "NOT GIVEN", "NOT RECORDED",
        "NOT APPLICABLE", "NO NAME", "TBC",
    }
)  # fmt: skip
"""What systems write for nothing. NA and NAN are not among them: people are called Na and Nan."""

_APOSTROPHES = re.compile("['’‘ʼ`´′]")
_NOT_WORD = re.compile(r"[^A-Z0-9]+")


def fold_text(value: str) -> str:
    """Return words of A to Z and 0 to 9 in capitals, one space between them.

    In this order: text that was decoded wrongly is repaired, HTML entities and compatibility forms are
    unfolded, letters of other scripts and with accents are written in Latin letters without them.
    Apostrophes vanish (O'Brien, OBrien); hyphens and other punctuation become spaces.
    """
    text = value if value.isascii() else fix_encoding(value)
    text = _APOSTROPHES.sub("", html.unescape(text))
    text = _APOSTROPHES.sub("", anyascii(unicodedata.normalize("NFKC", text))).upper()
    words = " ".join(_NOT_WORD.sub(" ", text).split())
    return "" if words in MISSING_WORDS or text.strip() in MISSING_WORDS else words
