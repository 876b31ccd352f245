"""The rights and the roles that hold them, printed for the docs."""

from practicestudio.access.api_keys import NEVER
from practicestudio.access.rights import EMERGENCY, RIGHTS, WORDS, Right, Role


def rights_table() -> str:
    """A Markdown table: a line for each right, a column for each role."""
    roles = list(Role)
    head = ["right", "what it allows", *(role.value.replace("_", " ") for role in roles), "emergency", "API key"]
    lines = [head, ["---", "---", *([":-:"] * (len(roles) + 2))]]
    for right, words in WORDS.items():
        held = [right in RIGHTS[role] for role in roles]
        lines.append([f"`{right.value}`", words, *_ticks([*held, right in EMERGENCY, _for_keys(right)])])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _for_keys(right: Right) -> bool:
    return right not in NEVER


def _ticks(held: list[bool]) -> list[str]:
    return ["x" if one else "" for one in held]
