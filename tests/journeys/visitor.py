"""A person at a browser, in words: opens, fills, presses, sees. Every page that is looked at is checked for accessibility, and shot for the docs."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("PRACTICESTUDIO_PICTURES")
"""A folder for screenshots, where they are wanted."""

SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
DESKTOP = {"width": 1280, "height": 860}
SHOTS = (("desktop", 1280, 860), ("phone", 360, 740))
TALL = 1400
"""Pixels of a page that a picture holds at most."""


@cache
def axe() -> str:
    return AXE.read_text()


@dataclass(frozen=True)
class Visitor:
    """One browser window."""

    page: Page
    address: str

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def choose(self, name: str, within: str = "main") -> None:
        """Follow a link."""
        self.page.locator(within).get_by_role("link", name=name).first.click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def fill(self, **fields: str) -> None:
        """Fill fields by their name."""
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]").first.fill(value)

    def sees(self, words: str | re.Pattern[str], seconds: float = 15) -> Locator:
        found = self.page.locator("main").get_by_text(words).first
        expect(found).to_be_visible(timeout=seconds * 1000)
        return found

    def sees_state(self, state: str, seconds: float = 20) -> None:
        """Wait until the message that is looked at has come to this state, looking anew now and then."""
        give_up = time.monotonic() + seconds
        while state not in self.page.locator("main .badge").first.inner_text():
            assert time.monotonic() < give_up, f"it has not come to be {state}"
            self.page.wait_for_timeout(300)
            self.page.reload()

    def is_at(self, path: str | re.Pattern[str], seconds: float = 15) -> None:
        expect(self.page).to_have_url(path if isinstance(path, re.Pattern) else f"{self.address}{path}", timeout=seconds * 1000)

    def looks(self, name: str) -> None:
        """Look at the page in both colours: nothing serious for those who cannot see it, and no sideways scrolling on a phone."""
        self.page.wait_for_load_state()
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = serious(self.page)
            assert not found, f"{name}, {scheme}: {'; '.join(found)}"
            self._shoot(name, scheme)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    def _shoot(self, name: str, scheme: str) -> None:
        for size, width, height in SHOTS:
            self.page.set_viewport_size({"width": width, "height": height})
            assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways at {width} pixels"
            if PICTURES:
                self.page.wait_for_timeout(300)  # charts are drawn when they come into view
                whole = self.page.evaluate("document.documentElement.scrollHeight")
                clip = {"x": 0, "y": 0, "width": width, "height": max(height, min(TALL, whole))}
                self.page.screenshot(path=Path(PICTURES) / f"{name}-{size}-{scheme}.png", full_page=True, clip=clip)  # type: ignore[arg-type]


def serious(page: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page: the rule, and where."""
    page.evaluate(axe())
    found: Any = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} ({', '.join(str(node['target']) for node in one['nodes'][:3])})"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@contextmanager
def open_browser() -> Iterator[BrowserContext]:
    """A fresh browser of Debian's chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        yield context
        browser.close()
