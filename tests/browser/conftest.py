"""One browser for all, and pages that watch themselves: a message on the console or a request is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from migrate.document.from_json import read_document
from migrate.report.html import render_html
from tests.cli import FIXTURES, run

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@dataclass
class Opened:
    """A page with what it said on its console, and every request it made beyond itself."""

    page: Page
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        """The jobs that are shown, in order."""
        found: list[str] = self.page.eval_on_selector_all(
            "tbody[id^='job-']:not([hidden])", "all => all.map(one => one.dataset.name)"
        )
        return found


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens a file from disk; at the end nothing may have been said, asked for, or broken."""
    contexts: list[tuple[BrowserContext, Opened]] = []

    def opened(path: Path, *, anchor: str = "", width: int = 1280, **context_options: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, **context_options)
        found = Opened(context.new_page())
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("dialog", lambda dialog: (found.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.goto(path.as_uri() + anchor)
        contexts.append((context, found))
        return found

    yield opened
    for context, found in contexts:
        context.close()
        assert found.said == []
        assert [url for url in found.requests if url.partition("#")[0] != found.requests[0].partition("#")[0]] == []


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of a legacy server in a zone with clock changes."""
    place = tmp_path_factory.mktemp("browser")
    options = ("--timezone", "America/New_York", "--from", "2027-01-01", "--image", "registry.example.com/shop:1.4")
    done = run("scan", str(FIXTURES / "legacy-rails"), *options, "--out", "w", cwd=place)
    assert done.code == 0, done.err
    return place / "w"


@pytest.fixture(scope="session")
def report(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page, alone in a directory of its own."""
    document = read_document(workspace)
    specs = {path.parent.name: path.read_text(encoding="utf-8") for path in workspace.glob("jobs/*/ecs.yml")}
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(render_html(document, specs, language="en"), encoding="utf-8")
    return page
