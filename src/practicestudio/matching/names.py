"""Names in a form in which the same name looks the same: case, accents, punctuation, prefixes, hyphens and suffixes."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from jellyfish import metaphone
from nicknames import NickNamer

_REMEMBERED = 65_536
_WORDS = re.compile(r"[^\W_]+")
_JOINING = str.maketrans("", "", "'’‘`´ʼ.")
_LETTERS_WITHOUT_ACCENT = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})

SUFFIXES = {
    "jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv", "v": "v", "5th": "v",
}  # fmt: skip
"""How generations are written, and the one form we compare. A lone `v` counts in the suffix field only: it may be an initial."""

NO_NAME = frozenset({"unknown", "unk", "none", "noname", "nofirstname", "nolastname", "notgiven", "anonymous"})
"""What is typed when the name is not known. `N/A` is told from the name Na by its two words."""

NO_FIRST_NAME = NO_NAME | {"baby", "babyboy", "babygirl", "babya", "babyb", "boy", "girl", "newborn", "infant", "twina", "twinb", "fnu"}
"""First names of those who have none yet."""

NO_LAST_NAME = NO_NAME | {"lnu"}

_NO_WORDS = frozenset({(), ("n", "a")})

_PARTICLES = frozenset(
    {"al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "la", "las", "le", "los", "mac", "mc", "o",
     "saint", "san", "santa", "st", "van", "von", "y"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A name without case, accents and punctuation.

    whole: its letters and digits without a space, so that `Mc Donald`, `McDonald` and `MCDONALD` are one; empty where no name is known.
    words: the same, word by word. parts: the words that can stand for it alone, which leaves out `de`, `la`, `van` and the like.
    suffix: `jr`, `sr`, `ii`, …, where the name ended in one.
    """

    whole: str = ""
    words: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    suffix: str = ""


_NOBODY = Name()


def first_name(text: str | None) -> Name:
    """A first, middle or preferred name. Placeholders such as `Baby Boy` are no name."""
    return _first_name(text) if text else _NOBODY


def last_name(text: str | None) -> Name:
    """A last name, a suffix at its end set apart. Placeholders such as `Unknown` are no name."""
    return _last_name(text) if text else _NOBODY


@lru_cache(_REMEMBERED)
def _first_name(text: str) -> Name:
    words = plain_words(text)
    whole = "".join(words)
    return _NOBODY if whole in NO_FIRST_NAME or words in _NO_WORDS else Name(whole, words, words)


@lru_cache(_REMEMBERED)
def _last_name(text: str) -> Name:
    words = plain_words(text)
    suffix = SUFFIXES.get(words[-1], "") if len(words) > 1 and words[-1] != "v" else ""
    if suffix:
        words = words[:-1]
    whole = "".join(words)
    if whole in NO_LAST_NAME or words in _NO_WORDS:
        return Name(suffix=suffix)
    parts = tuple(word for word in words if word not in _PARTICLES)
    return Name(whole, words, parts or words, suffix)


@lru_cache(1_024)
def suffix(text: str) -> str:
    """The suffix field in the form of SUFFIXES; empty when it is no generation (`MD`, `Esq.`)."""
    return SUFFIXES.get("".join(plain_words(text)), "")


def plain_words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case without accents; apostrophes and full stops join (`O'Neil` is `oneil`), all else separates."""
    if not text.isascii():
        spread = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS_WITHOUT_ACCENT))
        text = "".join(letter for letter in spread if not unicodedata.combining(letter))
    text = text.casefold().translate(_JOINING)
    return tuple(_WORDS.findall(text))


@lru_cache(_REMEMBERED)
def sound(word: str) -> str:
    """How a normalised name sounds in English (Metaphone); the word itself where Metaphone has nothing to say, as for `李`."""
    return metaphone(word) or word


@lru_cache(_REMEMBERED)
def is_nickname(one: str, other: str) -> bool:
    """Whether one first name is a usual short form of the other, or both are of a third: Bob, Rob and Robert."""
    called_one, called_other = _formal(one), _formal(other)
    return not called_one.isdisjoint(called_other)


@lru_cache(_REMEMBERED)
def _formal(word: str) -> frozenset[str]:
    return frozenset({word, *_nicknames().canonicals_of(word)})


@cache
def _nicknames() -> NickNamer:
    return NickNamer()
