"""Codes for how names sound: what is left of a name when its spelling is taken away.

Layer: crypto. Pure, on standardised words (A to Z in capitals). Soundex was made for English surnames; the
skeleton serves names that reach English through another alphabet, where vowels, doubled letters and H are
written at will (Mohammed, Muhamad) and one sound has many spellings (Laxmi, Lakshmi; Chowdhury, Choudhury).
Both codes shape salts, so any change here needs a new :data:`crypto.encoding.attributes.ATTRIBUTES_VERSION`.
"""

import re
from functools import lru_cache

_SOUNDEX_DIGITS = {
    letter: digit
    for digit, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), start=1)
    for letter in letters
}
_SOUNDEX_LENGTH = 4
REMEMBERED_WORDS = 100_000
"""A million people have fewer name words; :func:`forget_words` empties the memory after each call."""

SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"^HS", "S"),  # Hsiao, Xiao
    (r"^TS", "S"),  # Tseng, Zeng
    (r"TSCH|TCH|CZ", "CH"),  # Tschaikowski, Tchaikovsky, Czajkowski
    (r"DZH|DJ", "J"),  # Dzhamal, Djamal, Jamal
    (r"SCH|SH", "S"),  # Schmidt, Shmidt
    (r"PH", "F"),  # Sophia, Sofia
    (r"CK|CH|KH", "K"),  # Sheikh, Sheick; Nikolai, Nicholai
    (r"TZ", "S"),  # Schwartz, Schwarz
    (r"KS", "X"),  # Lakshmi, Laxmi; Aleksander, Alexander; Dickson, Dixon
    (r"(?<=[AEIOU])W(?![AEIOUY]|SK)", ""),  # Chowdhury, Choudhury; the W of Malinowski sounds and stays
)
"""Spelling and what it is read as, applied in this order."""

_MAY_BE_SPELT = re.compile("HS|TS|CH|CZ|DZ|DJ|SH|PH|CK|KH|TZ|KS|W")  # most words have none: a fast way out
_SAME_SOUND = str.maketrans("CQZXVWJY", "KKSSFFGI")
_UNSTABLE = re.compile("[AEIOUHY]")
_REPEATED = re.compile(r"(.)\1+")
_NOT_LETTER = re.compile("[^A-Z]")


def forget_words() -> None:
    """Forget every word that was looked at, so that no name outlives the call that encoded it."""
    get_skeleton.cache_clear()


def get_soundex(word: str) -> str:
    """Return the American Soundex code of a word in capitals, such as R163; empty for an empty word.

    Letters around H and W count as adjacent. Source: the rules of the National Archives of the United
    States (General Information Leaflet 55).
    """
    code, last = word[:1], _SOUNDEX_DIGITS.get(word[:1])
    for letter in word[1:]:
        digit = _SOUNDEX_DIGITS.get(letter)
        if digit is not None and digit != last:
            code += str(digit)
        if letter not in "HW":
            last = digit
    return code[:_SOUNDEX_LENGTH].ljust(_SOUNDEX_LENGTH, "0") if code else ""


@lru_cache(maxsize=REMEMBERED_WORDS)
def get_skeleton(word: str) -> str:
    """Return the consonants of a word with one letter for each sound: MD for Mohammed and Muhamad.

    :data:`SPELLINGS` are read, letters of one sound are merged (C, K and Q; S, Z and X; F, V and W; G and
    J), vowels, H and Y go (an H that starts the word stays), repetitions collapse. A word of vowels alone
    has no skeleton and gives the empty text.
    """
    letters = word if word.isalpha() and word.isascii() else _NOT_LETTER.sub("", word)
    if _MAY_BE_SPELT.search(letters):
        for pattern, reading in SPELLINGS:
            letters = re.sub(pattern, reading, letters)
    first = letters[:1].translate(_SAME_SOUND)
    kept = ("" if first in "AEIOU" else first) + _UNSTABLE.sub("", letters[1:]).translate(_SAME_SOUND)
    return _REPEATED.sub(r"\1", kept)
