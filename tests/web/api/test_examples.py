"""The examples of docs/api.md, carried out."""

import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.sync.conftest import Clinic
from tests.web.api.conftest import Program

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"```sh\n(curl .*?)```", PAGE, re.DOTALL)
LEARNED = {"patients": ("PATIENT", "id"), "appointments": ("APPOINTMENT", "id")}


def request_of(example: str, values: dict[str, str]) -> dict[str, Any]:
    """A curl command as our client makes the same request."""
    for name, value in values.items():
        example = example.replace(f"'${name}'", value).replace(f"${name}", value)
    words = iter(shlex.split(example.replace("\\\n", " "))[1:])
    made: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        match word:
            case "-X":
                made["method"] = next(words)
            case "-H":
                name, _, value = next(words).partition(": ")
                made["headers"][name] = value
            case "-d":
                made["content"] = next(words).encode()
            case _:
                made["url"] = word.replace("https://localhost:8765", "")
    if "content" in made and made["method"] == "GET":
        made["method"] = "POST"
    return made


async def test_every_example_works(desk: Program, clinic: Clinic, location: str) -> None:
    assert len(EXAMPLES) >= 12
    start = clinic.sandbox.clock.now() + timedelta(days=3)
    values = {"KEY": desk.token, "LOCATION": location, "START": start.isoformat(), "END": (start + timedelta(days=4)).isoformat()}
    for example in EXAMPLES:
        made = request_of(example.replace("195900", desk.practice.athena_id), values)
        answer = await desk.http.request(**made)
        assert answer.status_code < 300, (example, answer.text)
        content = answer.json()
        if answer.status_code == 201:
            name, field = LEARNED[made["url"].rpartition("/")[2]]
            values[name] = content[field]
        if made["url"].endswith("/slots/search"):
            values["SLOT"] = content["items"][0]["slot"]
