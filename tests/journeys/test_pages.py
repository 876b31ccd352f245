"""Journeys through the pages, in a real browser, on the installed command: what an analyst, the front desk and an auditor come for."""

import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import COMMAND
from tests.journeys.visitor import CHROMIUM, Visitor, open_browser

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed, so no journey through the pages is made.")

PASSWORD = "seven quiet herons by the quay"
ROOT = "/practices/195900"
INTEGRATIONS = f"{ROOT}/settings/integrations"


@dataclass(frozen=True)
class Studio:
    """A demo that serves its pages. sandbox: address of another athenahealth, with practice 195902."""

    address: str
    sign_in_name: str
    one_time_password: str
    sandbox: str


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    """The demo of `make run`, once its story is told."""
    with tempfile.TemporaryDirectory(prefix="practicestudio-journeys-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o711)
        said = folder / "said"
        sandbox = subprocess.Popen(
            [COMMAND, "sandbox", "--port", str(port), "--practices", "195902", "--patients", "12"],
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        with said.open("wb") as err:
            demo = subprocess.Popen([COMMAND, "demo", "--patients", "40", "--home", str(folder / "home")], stdout=subprocess.DEVNULL, stderr=err)
        try:
            wait_for(said, "To look further")
            words = said.read_text()
            address = re.search(r"The pages are at (\S+)", words)
            first = re.search(r"Sign in as (\S+) with (\S+);", words)
            assert address
            assert first
            yield Studio(address[1], first[1], first[2], f"http://127.0.0.1:{port}")
        finally:
            for process in (demo, sandbox):
                process.terminate()
            demo.wait(30)
            sandbox.wait(10)


def wait_for(file: Path, words: str, seconds: float = 180) -> None:
    give_up = time.monotonic() + seconds
    while words not in file.read_text(errors="replace"):
        assert time.monotonic() < give_up, file.read_text(errors="replace")[-2000:]
        time.sleep(0.2)


@pytest.fixture(scope="module")
def visitor(studio: Studio) -> Iterator[Visitor]:
    """The first administrator, after the journey that every other begins with: the first sign-in."""
    with open_browser() as context:
        visitor = Visitor(context.new_page(), studio.address)
        sign_in_for_the_first_time(visitor, studio)
        yield visitor


def sign_in_for_the_first_time(visitor: Visitor, studio: Studio) -> None:
    visitor.open(f"{ROOT}/")
    visitor.is_at(re.compile("/sign-in"))
    visitor.looks("sign-in")
    visitor.fill(sign_in_name=studio.sign_in_name, password="not the password")
    visitor.press("Sign in")
    visitor.looks("sign-in-refused")
    visitor.is_at(re.compile("/sign-in"))
    visitor.fill(sign_in_name=studio.sign_in_name, password=studio.one_time_password)
    visitor.press("Sign in")
    visitor.is_at("/account/password")
    visitor.looks("own-password")
    visitor.fill(new=PASSWORD, again=PASSWORD)
    visitor.press("Change the password")
    visitor.is_at(re.compile(r"/(practices/\d+/)?$"))


def test_ones_own_account_can_be_used_by_everybody(visitor: Visitor) -> None:
    visitor.open("/account")
    visitor.looks("account")


def test_an_app_as_second_factor_is_asked_for_at_the_next_sign_in(visitor: Visitor, studio: Studio) -> None:
    visitor.open("/account")
    visitor.press("Set up an app")
    secret = visitor.page.locator("#secret").text_content() or ""
    app = pyotp.TOTP(secret.replace(" ", ""))
    visitor.fill(code=app.now())
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_load_state()
    browser = visitor.page.context.browser
    assert browser
    with browser.new_context(reduced_motion="reduce") as context:
        other = Visitor(context.new_page(), studio.address)
        other.open("/sign-in")
        other.fill(sign_in_name=studio.sign_in_name, password=PASSWORD)
        other.press("Sign in")
        other.is_at(re.compile("/sign-in/second-factor"))
        other.looks("second-factor")
        other.fill(code=app.at(time.time() + 30))
        other.page.keyboard.press("Enter")
        other.is_at("/")


def test_everything_is_seen_at_a_glance(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.sees("Harborview Medical Group")
    visitor.looks("practices")
    visitor.choose("Harborview Medical Group")
    visitor.is_at(f"{ROOT}/")
    visitor.looks("home")


def test_a_practice_is_connected_and_its_first_sync_watched(visitor: Visitor, studio: Studio) -> None:
    visitor.open("/practices/add")
    visitor.looks("add-practice")
    visitor.fill(athena_id="195902", name="Lakeview Pediatrics")
    visitor.press("Add the practice")
    visitor.fill(base_url=studio.sandbox)
    visitor.press("Save and go on")
    visitor.fill(client_id="sandbox", client_secret="sandbox")
    visitor.press("Save and go on")
    visitor.press("Test the connection")
    visitor.sees(re.compile("departments"), seconds=60)
    visitor.looks("connection-test")
    visitor.open("/practices/195902/settings/integrations/athenahealth/setup?step=sync")
    visitor.press("Start the first sync")
    visitor.open("/practices/195902/sync")
    visitor.sees("Every patient")
    visitor.looks("sync")
    visitor.open("/practices/195902/settings/integrations/logs/athenahealth?kind=patient&state=done")
    visitor.sees(re.compile(r"^\d+ messages?$"), seconds=60)


def test_a_failed_message_is_found_corrected_and_worked_again(visitor: Visitor) -> None:
    visitor.open(f"{INTEGRATIONS}/errors")
    visitor.sees("There is no such date")
    visitor.looks("errors")
    visitor.open(f"{INTEGRATIONS}/logs/athenahealth?state=failed")
    visitor.looks("logs")
    visitor.page.get_by_role("row").filter(has_text="There is no such date").get_by_role("link").first.click()
    visitor.sees("There is no such date")
    original = visitor.page.url
    visitor.looks("message")
    visitor.choose("Correct and retry")
    text = visitor.page.get_by_label("What the message says")
    text.fill(re.sub(r"0?2/3[01]/(\d{4})", r"02/28/\1", text.input_value()))
    visitor.press("Compare with the original")
    visitor.sees(re.compile("02/28/"))
    visitor.looks("correction")
    visitor.press("Work the copy")
    visitor.sees("The corrected copy is worked now")
    visitor.sees_state("done")
    visitor.page.goto(original)
    visitor.sees_state("discarded")


def test_an_unsure_match_is_resolved_and_a_conflict_decided(visitor: Visitor) -> None:
    visitor.open(f"{ROOT}/review")
    visitor.looks("review")
    visitor.page.get_by_role("row").filter(has_text="Who is it?").get_by_role("link").first.click()
    visitor.looks("match")
    visitor.page.get_by_role("radio", name=re.compile("^It is (?!somebody|none)")).first.check()
    visitor.press("Decide")
    visitor.open(f"{ROOT}/review")
    visitor.page.get_by_role("row").filter(has_text="Whose value?").get_by_role("link").first.click()
    visitor.looks("conflict")
    visitor.page.get_by_role("radio").nth(1).check()
    visitor.press("Decide")
    visitor.open(f"{ROOT}/review?state=decided")
    expect(visitor.page.get_by_role("row").filter(has_text="Who is it?").first).to_be_visible()


def test_a_patient_is_found_as_one_types_and_booked(visitor: Visitor) -> None:
    visitor.open(f"{ROOT}/patients")
    visitor.page.get_by_role("searchbox").press_sequentially("okonk ros")
    visitor.choose(re.compile("Okonkwo"))  # type: ignore[arg-type]
    visitor.looks("patient")
    visitor.choose("Book")
    visitor.sees(re.compile("Location"))
    visitor.looks("booking")
    visitor.page.locator("label.time").first.click()
    visitor.press("Book this time")
    visitor.sees(re.compile("booked", re.IGNORECASE))
    visitor.looks("appointment")
    visitor.open(f"{ROOT}/appointments?view=week")
    visitor.looks("appointments")


def test_the_audit_is_read_and_proves_itself(visitor: Visitor) -> None:
    visitor.open(f"{ROOT}/settings/audit")
    expect(visitor.page.get_by_role("cell", name="First administrator").first).to_be_visible()
    visitor.press("Verify")
    visitor.sees("Nobody touched the trail", seconds=60)
    visitor.looks("audit")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{INTEGRATIONS}/athenahealth", "athenahealth"),
        (f"{INTEGRATIONS}/athenahealth/schedules", "schedules"),
        (f"{INTEGRATIONS}/athenahealth/limits", "limits"),
        (f"{INTEGRATIONS}/athenahealth/rules", "rules"),
        (f"{INTEGRATIONS}/athenahealth/booking", "booking-rules"),
        (f"{INTEGRATIONS}/athenahealth/history", "history"),
        (f"{INTEGRATIONS}/mappings", "mappings"),
        (f"{INTEGRATIONS}/mappings/try", "mapping-try"),
        (f"{INTEGRATIONS}/logs/athenahealth/calls", "calls"),
        (f"{INTEGRATIONS}/connectivity", "connectivity"),
        (f"{ROOT}/settings/people", "people"),
        (f"{ROOT}/settings/people/rights", "rights"),
        (f"{ROOT}/settings/keys", "keys"),
        (f"{ROOT}/settings/alerts", "alerts"),
        (f"{ROOT}/sync", "sync-now"),
        ("/api/v1/docs", "api"),
        (f"{ROOT}/nothing", "not-found"),
    ],
)
def test_every_other_page_can_be_used_by_everybody(visitor: Visitor, path: str, name: str) -> None:
    visitor.open(path)
    visitor.looks(name)


def test_signing_out_ends_it(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.page.get_by_label("Your account").click()
    visitor.press("Sign out")
    visitor.open(f"{ROOT}/")
    visitor.is_at(re.compile("/sign-in"))
