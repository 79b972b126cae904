"""The page of each finding and their index, made from the catalogue and the lines beside it."""

from __future__ import annotations

from pathlib import Path

from converters.findings.code import Code
from converters.findings.codes import CATALOGUE
from converters.findings.pages import every_page
from converters.findings.pages.page import Files, Image, Page

_PARTS = {
    "C1": "Tables, their lines and their places",
    "C2": "Schedules",
    "C3": "Clocks and parity",
    "C4": "Commands",
    "C5": "Alarms",
    "C6": "AWS, cost, comments and hosts",
    "C7": "Logs, decisions and the switch",
    "C8": "Containers",
}
_SEVERITY = {
    "error": "It blocks the job: nothing is registered until it is settled.",
    "warning": "It asks for a decision.",
    "info": "It only informs.",
}


def index() -> str:
    """Every code with its severity and title, each leading to its page."""
    rows = [
        "# Findings",
        "",
        "Made from the catalogue by `make docs`; `cron2fargate explain CODE` prints what a code means, and where its page is.",
        "",
        "`error` blocks the job, `warning` asks for a decision, `info` only informs. Each page has a bad line, a good "
        "line, and when to ignore the finding; its lines are scanned by the tests.",
    ]
    part = ""
    for code in sorted(CATALOGUE.values()):
        if code.code[:2] != part:
            part = code.code[:2]
            rows += ["", f"## {_PARTS[part]}", "", "| code | severity | what it says |", "|---|---|---|"]
        rows.append(f"| [{code.code}](findings/{code.code}.md) | {code.severity} | {code.title} |")
    return "\n".join([*rows, ""])


def pages() -> dict[str, str]:
    """The text of every page by the name of its file."""
    found = every_page()
    return {f"{code.code}.md": _page(code, found[code.code]) for code in CATALOGUE.values()}


def write(place: Path) -> None:
    """Write the pages, and take away those of codes that are gone."""
    place.mkdir(exist_ok=True)
    made = pages()
    for path in place.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (place / name).write_text(text, encoding="utf-8")


def _page(code: Code, page: Page) -> str:
    rows = [f"# {code.code}: {code.title}", "", f"*{code.severity}.* {_SEVERITY[code.severity]}", "", code.help, ""]
    if page.arises:
        rows += ["## How it arises", "", page.arises, ""]
    else:
        bad = _fence(page.bad)
        good = _fence(page.good)
        other_host = page.host if page.good_host is None else page.good_host
        rows += ["## A bad line", "", *bad, *_around(page, page.at, page.host, page.image), *_log(page)]
        rows += ["## A good line", "", *good, *_around(page, page.good_at or page.at, other_host, page.good_image)]
    rows += ["## When to ignore it", "", page.ignore, "", "[All findings](../findings.md)", ""]
    return "\n".join(rows)


def _fence(lines: str) -> list[str]:
    return ["```text", *(_visible(line) for line in lines.split("\n")), "```", ""]


def _visible(text: str) -> str:
    """What has no shape on paper, by its number."""
    return "".join(c if (c.isascii() and c.isprintable()) or c == "\u2013" else f"\\u{ord(c):04x}" for c in text)


def _around(page: Page, at: str, host: Files, image: Image | None) -> list[str]:
    """What is beside the line: its place, how it is read, other files, what was read of the image."""
    read = [f"`{at}`"] if at else []
    read += [f"`{' '.join(page.options)}`"] if page.options else []
    of_clocks = page.zone != "Europe/Berlin" or "--backend" in page.options
    read += [f"in the zone {page.zone}"] if of_clocks else []
    rows = [f"Read: {', '.join(read)}.", ""] if read else []
    for path, text in host:
        if path != "etc/passwd":
            rows += [f"`{path}`:", "", *_fence(text.rstrip("\n"))]
    if image is not None:
        rows += [_of_image(image), ""]
    return rows


def _log(page: Page) -> list[str]:
    """A few rows of cron's log, which was read with both lines."""
    rows: list[str] = []
    if page.log:
        rows += ["In cron's log:", "", *_fence("\n".join(_of_the_job(page.log)[:4]))]
    return rows


def _of_the_job(log: str) -> list[str]:
    rows = log.splitlines()
    return [row for row in rows if "cd / && true" not in row] or rows


def _of_image(image: Image) -> str:
    held = ", ".join(f"`/{path}`" for path, _text in image.files) or "nothing of the job"
    config = "".join(f", with {key} `{value}`" for key, value in image.config)
    return f"The image was read: a small Debian for {image.architecture} that holds {held}{config}."
