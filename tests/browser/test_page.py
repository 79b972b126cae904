"""The page as a person uses it: filter, sort, search, details and links, by mouse and by keyboard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.real


def test_the_first_screen_says_what_matters(report: Path, open_page: Open) -> None:
    page = open_page(report).page
    assert page.title() == "Migration report"
    tiles = page.locator(".tile").all_inner_texts()
    assert [tile.split("\n")[0] for tile in tiles] == ["Jobs", "Proven exact", "Need attention", "Cost on AWS"]
    assert "24" in tiles[0]
    assert "through 2036" in tiles[1]
    assert re.search(r"\$\d+\.\d\d", tiles[3])
    box = page.locator(".steps").bounding_box()
    assert box is not None
    assert box["y"] < 900


def test_the_policy_holds_and_forbids_what_is_not_its_own(report: Path, open_page: Open) -> None:
    opened = open_page(report)
    page = opened.page
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert page.locator("[style]").count() == 0
    page.evaluate(
        """() => { const script = document.createElement('script'); script.textContent = 'window.broken = 1';
        document.body.append(script); const image = new Image(); image.src = 'https://example.com/x.png';
        document.body.append(image); }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    assert len(opened.said) == 2
    assert all("Content Security Policy" in text for text in opened.said)
    opened.said.clear()
    opened.requests[:] = [url for url in opened.requests if "example.com" not in url]


def test_details_open_by_mouse_and_close_by_keyboard(report: Path, open_page: Open) -> None:
    page = open_page(report).page
    job = page.locator("#job-feeds-fetch")
    button, more = job.locator("button.name"), job.locator("div.more")
    expect(more).to_be_hidden()
    job.locator("td.num").first.click()
    expect(more).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(more).to_contain_text("deploy sleep 15; cd /var/www/app/current && bundle exec rake feeds:fetch")
    expect(more).to_contain_text("Runs before and after")
    expect(more).to_contain_text("C302")
    expect(more.locator(".lanes svg")).to_be_visible()
    more.locator("summary", has_text="ecs.yml").click()
    expect(more).to_contain_text('name: "feeds-fetch"')
    button.press("Enter")
    expect(more).to_be_hidden()
    button.press("Space")
    expect(more).to_be_visible()


def test_everything_can_be_reached_by_keyboard_alone(report: Path, open_page: Open) -> None:
    opened = open_page(report)
    page = opened.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#jobs")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("C301 billing-invoice")
    assert opened.names() == ["billing-invoice"]
    page.keyboard.press("Escape")
    assert len(opened.names()) == 24
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=show]:checked")).to_have_value("attention")
    assert 0 < len(opened.names()) <= 24


def test_filters_count_what_they_show(report: Path, open_page: Open) -> None:
    opened = open_page(report)
    page = opened.page
    for chip in page.locator(".chips label").all():
        chip.click()
        wanted = int(chip.locator("b").inner_text())
        assert len(opened.names()) == wanted
        expect(page.locator("#shown")).to_have_text(f"{wanted} of 24 jobs")
    page.locator("#search").fill("zzqqxx")
    expect(page.locator("#none")).to_be_visible()


def test_an_item_that_needs_attention_leads_to_its_jobs(report: Path, open_page: Open) -> None:
    opened = open_page(report)
    link = opened.page.locator("a[data-search=C301]")
    wanted = int(link.locator(".count").inner_text().split()[0])
    link.click()
    assert len(opened.names()) == wanted


@pytest.mark.parametrize(
    ("column", "key"),
    [("Job", "name"), ("Status", "status"), ("Runs", "differing"), ("Cost a month", "cost"), ("Schedule", "order")],
)
def test_columns_sort_both_ways(report: Path, open_page: Open, column: str, key: str) -> None:
    opened = open_page(report)
    page = opened.page
    head = page.locator("#table > thead th", has_text=column)
    read = f"all => all.map(one => one.dataset.{key})"
    head.locator("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    up = page.eval_on_selector_all("tbody[id^='job-']", read)
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    down = page.eval_on_selector_all("tbody[id^='job-']", read)
    rank = {"blocked": 0, "review": 1, "ready": 2}
    order = {"name": str, "status": rank.get, "order": int}.get(key, lambda text: -float(text))
    assert up == sorted(up, key=order)
    assert down == sorted(up, key=order, reverse=True)
    assert len(set(up)) > 1


def test_a_link_opens_its_job_whatever_is_filtered(report: Path, open_page: Open) -> None:
    opened = open_page(report, anchor="#job-feeds-fetch")
    page = opened.page
    expect(page.locator("#job-feeds-fetch div.more")).to_be_visible()
    page.wait_for_function("document.activeElement.textContent === 'feeds-fetch'")
    page.locator("#search").fill("renew-certs")
    assert opened.names() == ["renew-certs"]
    page.evaluate("location.hash = '#job-mail-weekly-report'")
    expect(page.locator("#job-mail-weekly-report div.more")).to_be_visible()
    assert len(opened.names()) == 24
    page.evaluate("location.hash = '#job-%E0%A4%A'")
    page.evaluate("location.hash = '#job-nothing'")
    assert len(opened.names()) == 24


def test_open_all_and_close_all(report: Path, open_page: Open) -> None:
    page = open_page(report).page
    fold = page.locator("#fold")
    fold.click()
    assert page.locator("button.name[aria-expanded=true]").count() == 24
    expect(fold).to_have_text("Close all")
    fold.click()
    assert page.locator("button.name[aria-expanded=true]").count() == 0


def test_the_theme_can_be_chosen_and_is_kept(report: Path, open_page: Open) -> None:
    page = open_page(report, color_scheme="light").page
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.locator("#theme").click()
    assert page.evaluate(paper) == light
    page.locator("#theme").click()
    expect(page.locator("#theme")).to_have_text("Theme: dark")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
    page.locator("#theme").click()
    assert page.evaluate(paper) == light


def test_the_system_may_be_dark(report: Path, open_page: Open) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = open_page(report, color_scheme="dark").page
    light = open_page(report, color_scheme="light").page
    assert dark.evaluate(paper) != light.evaluate(paper)
    dark.locator("#theme").click()
    assert dark.evaluate(paper) == light.evaluate(paper)


def test_without_storage_the_theme_still_changes(report: Path, open_page: Open) -> None:
    opened = open_page(report)
    page = opened.page
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no storage'); } })")
    page.reload()
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_without_scripts_everything_can_be_read(report: Path, open_page: Open) -> None:
    page = open_page(report, java_script_enabled=False).page
    assert page.locator("div.more:visible").count() == 24
    assert page.locator(".tools:visible").count() == 0
    expect(page.locator("#job-renew-certs")).to_contain_text("/usr/local/bin/renew-certs --quiet")


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
@pytest.mark.parametrize("anchor", ["", "#job-feeds-fetch"])
def test_no_page_scrolls_sideways(report: Path, open_page: Open, width: int, anchor: str) -> None:
    page = open_page(report, width=width, anchor=anchor).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_print_shows_the_report_without_its_tools(report: Path, open_page: Open) -> None:
    page = open_page(report, color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".tools:visible").count() == 0
    assert page.locator("tbody[id^='job-'] tr.row:visible").count() == 24
    assert page.locator("figure svg:visible").count() >= 4


def test_every_picture_and_link_is_whole(report: Path, open_page: Open) -> None:
    page = open_page(report).page
    assert page.locator("svg[role=img]").count() >= 4
    assert page.locator("svg[role=img]:not([aria-label]), svg[role=group]:not([aria-label])").count() == 0
    dead = page.evaluate(
        """() => [...document.querySelectorAll("a[href^='#'], use[href^='#']")].map(one => one.getAttribute('href'))
        .filter(href => !document.getElementById(href.slice(1)))"""
    )
    assert dead == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(ids) == len(set(ids))
