"""axe-core's judgement of the page, in both themes, with details open and closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open

pytestmark = pytest.mark.real


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_axe_finds_nothing(report: Path, open_page: Open, scheme: str, width: int) -> None:
    opened = open_page(report, color_scheme=scheme, width=width, anchor="#job-feeds-fetch")
    page = opened.page
    for name in ("cache-warm", "notification-deliver-pending"):
        page.locator(f"#job-{name} button.name").click()
    found = Axe().run(page)
    told = [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found.response["violations"]
        for node in one["nodes"][:3]
    ]
    assert told == []
