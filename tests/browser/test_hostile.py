"""A crontab that means harm: on the page it is text, every character of it seen, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from migrate.document.from_json import document_from
from migrate.report.html import render_html
from tests.browser.conftest import Open
from tests.cli import run

pytestmark = pytest.mark.real

HOSTILE = [
    "<script>window.broken=1;alert(1)</script>",
    "</script><script>window.broken=2</script>",
    "<img src=x onerror=window.broken=3>",
    "\" onmouseover=\"window.broken=4\" x='y' onfocus='window.broken=5",
    "&lt;b&gt;&#60;script&#62;window.broken=6&#60;/script&#62;",
    "</pre></td></table></style></title><svg onload=window.broken=7>",
    "{{7*7}} ${7*7} #{7*7} {{{7*7}}}",
    "echo \u202egnp.exe\u202c \u2066x\u2069 \u200b\u200f\ufeff",
    "]]><!--<script>window.broken=8</script>-->",
    "javascript:window.broken=9 data:text/html,<script>window.broken=10</script>",
    "\u2028window.broken=11\u2029",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hostile")
    lines = [f"{minute} 2 * * * /opt/run {text}\n" for minute, text in enumerate(HOSTILE)]
    environment = ['EVIL="<script>window.broken=12</script>"\n', "MAILTO=<img/src=x/onerror=window.broken=13>@x.org\n"]
    text = "".join([*environment, *lines, "61 4 * * * <script>window.broken=14</script>\n"])
    (place / "x<img src=q onerror=window.broken=15>").write_text(text, encoding="utf-8")
    done = run("scan", ".", "--timezone", "America/New_York", "--user-crontab", "--out", "w", cwd=place)
    assert done.code == 0, done.err
    document = json.loads((place / "w" / "report.json").read_text(encoding="utf-8"))
    assert len(document["jobs"]) == len(HOSTILE)
    specs = {path.parent.name: path.read_text(encoding="utf-8") for path in place.glob("w/jobs/*/ecs.yml")}
    # What no scan writes, but a document in a repository might: names and codes are somebody's text, too.
    job = document["jobs"][0]
    job["command"] = {**(job.get("command") or {}), "verdict": "portable", "reasons": [HOSTILE[0], "{{7*7}}"]}
    job["findings"].append({"code": "<b>C9</b>", "severity": "warning", "message": HOSTILE[2], "help": HOSTILE[4]})
    job["user"] = HOSTILE[3]
    document["groups"] = {
        "locks": [{"name": HOSTILE[0], "jobs": [job["name"], document["jobs"][1]["name"]]}],
        "order": [{"job": job["name"], "after": document["jobs"][1]["name"], "why": HOSTILE[2]}],
        "twins": [],
    }
    page = tmp_path_factory.mktemp("page") / "report.html"
    page.write_text(render_html(document_from(document), specs, language="en"), encoding="utf-8")
    return page


def test_nothing_runs_and_nothing_is_added(hostile: Path, open_page: Open) -> None:
    page = open_page(hostile).page
    page.locator("#fold").click()
    for one in page.locator("tbody[id^='job-']").all():
        one.hover()
    page.wait_for_timeout(100)
    assert page.evaluate("window.broken") is None
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object, embed, form, link, base").count() == 0
    handlers = (
        "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => /^on/i.test(a.name)).length"
    )
    assert page.evaluate(handlers) == 0


def test_every_line_is_shown_as_it_stands(hostile: Path, open_page: Open) -> None:
    page = open_page(hostile).page
    page.locator("#fold").click()
    lines = page.locator("#jobs pre.raw").all_inner_texts()
    assert [line.split("/opt/run ", 1)[1] for line in lines[:7]] == HOSTILE[:7]
    assert r"echo \u202egnp.exe\u202c \u2066x\u2069 \u200b\u200f\ufeff" in lines[7]
    assert r"\u2028window.broken=11\u2029" in lines[10]


def test_no_text_turns_direction_or_hides(hostile: Path, open_page: Open) -> None:
    page = open_page(hostile).page
    text = page.evaluate("document.documentElement.outerHTML")
    assert not set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200f\ufeff\u2028\u2029\x00\x1b"
    ) & set(text)


def test_templates_in_a_crontab_are_text(hostile: Path, open_page: Open) -> None:
    page = open_page(hostile).page
    expect(page.locator("#jobs pre.raw", has_text="{{7*7}}")).to_have_count(1)
    assert page.locator("#jobs pre.raw", has_text="49").count() == 0
