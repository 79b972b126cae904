"""What the README says in prose is what the code and the Makefile do: each number and each promise, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from converters.expressions.parity import REACH
from converters.specs.model import load_spec
from migrate import cli
from migrate.errors import UserError
from migrate.machine.clock import YEARS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
JAPANESE = (ROOT / "README.ja.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORDS = {3: "three", 5: "five", 6: "six", 10: "ten", 12: "twelve"}


def recipe(target: str) -> list[str]:
    """The lines that make runs for a target; a target that is not there has none."""
    found = re.search(rf"^{re.escape(target)}:[^\n]*\n((?:\t[^\n]*\n)*)", MAKEFILE, re.M)
    return found[1].splitlines() if found else []


@pytest.mark.parametrize(
    ("step", "command"),
    [
        ("read an image", r"cron2fargate image docker-archive:"),
        ("scan a legacy server", r"cron2fargate scan fixtures/"),
        ("rehearse the registration", r"cron2fargate register .*--rehearse\b"),
        ("try a job", r"demo_try\.sh"),
    ],
)
def test_the_demo_does_what_is_said_of_it(step: str, command: str) -> None:
    said = re.search(r"^make demo +# (.*)$", README, re.M)
    assert said and step in said[1]
    assert [line for line in recipe("demo") if re.search(command, line)]


def test_no_line_of_the_demo_speaks_with_aws() -> None:
    """ "No AWS account needed": what would call AWS is rehearsed."""
    calling = re.compile(
        r"cron2fargate (plan|check|register|run|enable|disable|cutover|rollback|status|verify)\b(?!.*--rehearse)"
    )
    assert not [line for line in recipe("demo") if calling.search(line)]


def test_the_tests_are_one_command() -> None:
    assert [line for line in recipe("test") if "$(PYTEST)" in line]
    assert re.search(r"^test: \$\(VENV\)/ready\b", MAKEFILE, re.M), "it sets everything up"
    assert re.search(r"^demo: \$\(VENV\)/ready\b", MAKEFILE, re.M)


PAGES = [
    "README.md",
    "README.ja.md",
    "SECURITY.md",
    "CHANGELOG.md",
    *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_tells_to_make_can_be_made(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    told = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.M))
    assert [target for target in told if not recipe(target)] == []


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        (f"run of the window ({WORDS[YEARS]} years, or `--from` and `--until`)", f"{YEARS} 年"),
        (f"paired with a run up to {WORDS.get(REACH // 60)} hours away", f"{REACH // 60} 時間"),
    ],
)
def test_numbers_are_those_of_the_code(english: str, japanese: str) -> None:
    assert english in README
    assert japanese in JAPANESE


def test_python_is_the_one_that_is_asked_for() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    least = re.search(r">=\s*([\d.]+)", wanted)
    assert least
    assert (
        {f"Python {least[1]}"}
        == set(re.findall(r"Python \d\.\d+", README))
        == set(re.findall(r"Python \d\.\d+", JAPANESE))
    )


def test_the_tools_of_the_project_are_there() -> None:
    assert {"demo", "test", "lint", "bench", "test-deep", "newest", "docs", "lock"} <= set(
        re.findall(r"^([a-z-]+):", MAKEFILE, re.M)
    )


def code_of(error: BaseException) -> str:
    try:
        raise error
    except BaseException as raised:
        return str(cli._sentence(raised)[1])


def test_exit_codes_are_those_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRON2FARGATE_DEBUG", raising=False)
    said = set(re.findall(r"(?:^|· )(\d+) \w", README.partition("## Exit codes")[2].partition("\n## ")[0], re.M))
    given = {code_of(error) for error in (UserError("x"), KeyboardInterrupt(), OSError("full"), ValueError("internal"))}
    assert said == {"0", "1", *given}


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_spec_that_is_shown_is_one(page: str) -> None:
    """It is read as `register` reads it, and its words are the ones that the sentences below it are about."""
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.findall(r"```yaml\n(.*?)```", text, re.S)
    assert len(shown) == 1
    spec = load_spec(shown[0], page)
    assert spec.lock and spec.timeout and spec.retry
    assert (spec.lock.name, spec.timeout.seconds) == ("sitemap", 3600)


def test_speed_says_why_where_an_aim_is_missed() -> None:
    page = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    missed = [row.split("|")[1].strip() for row in page.splitlines() if row.startswith("|") and "**missed**" in row]
    reasons = dict(re.findall(r"^- (.*?): (.*)$", page.partition("Missed, and why:")[2], re.M))
    assert [row for row in missed if not any(row.startswith(what) for what in reasons)] == []
    assert "Not explained yet." not in reasons.values()
