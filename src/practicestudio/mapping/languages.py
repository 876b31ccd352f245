"""Languages: athenahealth writes ISO 639-2 terminology codes, people write names; ours are ISO 639-3 with the name."""

from functools import lru_cache

from iso639 import Language, LanguageNotFoundError

from practicestudio.records import Coded


@lru_cache(maxsize=2_048)
def read_language(text: str) -> Coded | None:
    """From an ISO 639-3, 639-2 (either kind) or 639-1 code, or from the language's English name; None where there is no such language."""
    try:
        found = Language.match(text, strict_case=False)
    except LanguageNotFoundError:
        return None
    return Coded(found.part3, found.name)


@lru_cache(maxsize=2_048)
def language_6392(code: str) -> str | None:
    """The ISO 639-2 terminology code of an ISO 639-3 language; None where that list has no such language."""
    try:
        return Language.from_part3(code).part2t
    except LanguageNotFoundError:
        return None
