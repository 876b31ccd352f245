"""What every answer carries, and what is not let in."""

from typing import Any

import httpx2
import pytest
import structlog
from structlog.testing import capture_logs

from practicestudio.access.rights import Role
from practicestudio.errors import Misconfigured
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.web import security
from practicestudio.web.security import Front
from practicestudio.web.server import check_address
from tests.web.conftest import ADDRESS, SignIn


async def test_every_answer_carries_the_policies(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/nothing")
    assert answer.status_code == 404
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]


async def test_a_page_has_no_inline_script_or_style(sign_in: SignIn, practice: Practice) -> None:
    text = (await (await sign_in(*Role)).get(f"/practices/{practice.athena_id}/")).text
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick" not in text
    assert text.count("<script") == text.count("<script src=")


async def test_only_our_own_names_are_served(stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/", headers={"Host": "evil.example"})).status_code == 421
    assert (await stranger.get("/", headers={"Host": "127.0.0.1:8765"})).status_code == 303


async def test_too_much_is_refused(stranger: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "LARGEST_REQUEST", 1000)
    answer = await stranger.post("/sign-in", data={"name": "x" * 2000})
    assert answer.status_code == 413


async def test_a_fault_of_the_program_is_told_without_its_text() -> None:
    async def broken(*_: Any) -> None:
        raise ValueError("Jane Doe")

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=Front(broken, ADDRESS)), base_url=ADDRESS) as browser:
        with capture_logs() as logs:
            answer = await browser.get("/?name=Jane")
    assert answer.status_code == 500
    assert "Jane" not in answer.text
    assert "Jane" not in str(logs)
    structlog.reset_defaults()


async def test_the_log_line_of_a_request_holds_its_template_only(sign_in: SignIn, practice: Practice) -> None:
    ann = await sign_in(Role.ANALYST)
    with capture_logs() as logs:
        await ann.get(f"/practices/{practice.athena_id}/?name=Jane")
    [line] = [one for one in logs if one["event"] == "request"]
    assert line["path_template"] == "/practices/{practice}/"
    assert "Jane" not in str(logs)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "clinic.example"])
def test_pages_are_not_served_unencrypted_to_other_machines(host: str) -> None:
    with pytest.raises(Misconfigured, match="unencrypted"):
        check_address(Settings(web_host=host))
    check_address(Settings(web_host="127.0.0.1"))
