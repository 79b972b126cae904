"""English and Japanese: which language is taken, that the catalogue is whole, and what stays English."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from hypothesis import given

from converters.findings.codes import CATALOGUE, Finding
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import parse_schedule
from converters.schedules.words_ja import in_words
from migrate.terminal import language
from migrate.terminal.language import LANGUAGES, choose, finding_help, finding_text, finding_title, ngettext, weekday
from tests.cli import FIXTURES, ROOT, run
from tests.effort import examples
from tests.strategies import schedules
from tools import messages

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
SAME_IN_BOTH = re.compile(
    r"AWS|CloudWatch Logs|EventBridge|Fargate|Scheduler|Service Quotas|Spot|Step Functions|croniter|cron2fargate|cron|vCPU"
    r"|python-crontab|ecs\.yml|OK|ok|NG|p\d\d|Markdown|HTML|JSON"
)
"""Names, which a Japanese reader has as they are."""
LOCALE_NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")


# --- which language ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "environment", "taken"),
    [
        (None, {}, "en"),
        (None, {"LANG": "ja_JP.UTF-8"}, "ja"),
        (None, {"LANG": "ja"}, "ja"),
        (None, {"LANG": "ja.utf8"}, "ja"),
        (None, {"LANG": "ja-JP"}, "ja"),
        (None, {"LANG": "ja_JP@modifier"}, "ja"),
        (None, {"LANG": "jam_JM.UTF-8"}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "C"}, "en"),
        (None, {"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        (None, {"LC_ALL": "C.UTF-8", "LC_MESSAGES": "ja_JP", "LANG": "ja_JP"}, "en"),
        (None, {"LC_ALL": "", "LANG": "ja_JP"}, "ja"),
        ("en", {"LANG": "ja_JP.UTF-8"}, "en"),
        ("ja", {"LC_ALL": "C"}, "ja"),
    ],
)
def test_the_language_taken(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, environment: dict[str, str], taken: str
) -> None:
    monkeypatch.setitem(language._asked, "language", "")
    for name in LOCALE_NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert choose(asked) == taken
    assert (finding_title("C301") == CATALOGUE["C301"].title) == (taken == "en")


def test_what_was_asked_for_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that chooses for itself, and was not asked for a language, keeps that of the global option."""
    monkeypatch.setitem(language._asked, "language", "")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert [choose(), choose("ja"), choose(), choose("en"), choose()] == ["en", "ja", "ja", "en", "en"]


def test_counted() -> None:
    assert [ngettext("{n} job", "{n} jobs", n).format(n=n) for n in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]
    choose("ja")
    assert [ngettext("{n} job", "{n} jobs", n).format(n=n) for n in (1, 2)] == ["ジョブ 1 件", "ジョブ 2 件"]


def test_a_text_that_no_catalogue_has_stays_as_it_is() -> None:
    choose("ja")
    assert language._("never heard of {this}") == "never heard of {this}"
    assert language._("") == ""


def test_a_finding_keeps_its_own_sentence() -> None:
    finding = Finding("C301", "3 of 7 runs move")
    assert finding_text(finding) == "C301 3 of 7 runs move"
    choose("ja")
    assert finding_text(finding) == "C301 時計の変更でずれる実行: 3 of 7 runs move"
    assert JAPANESE.search(finding_help("C301"))
    assert weekday(date(2026, 11, 22)) == "日"


# --- the catalogue ----------------------------------------------------------------------------------------------------


def _ids(catalog: Catalog) -> set[object]:
    return {message.id for message in catalog if message.id}


@pytest.mark.parametrize("code", messages.TRANSLATIONS)
def test_the_catalogue_is_whole(code: str) -> None:
    """Every text of the code, the templates and the findings is translated, and nothing else is in the catalogue."""
    texts, found = messages.template(), messages.catalogue(code)
    assert _ids(texts) - _ids(found) == set(), "run `python -m tools.messages` and translate"
    assert _ids(found) - _ids(texts) == set(), "texts that are gone: run `python -m tools.messages`"
    assert messages.open_texts(found) == []
    assert messages.mistakes(found) == []
    assert not any(message.fuzzy for message in found if message.id)


def test_every_finding_is_in_the_catalogue() -> None:
    found = _ids(messages.catalogue("ja"))
    assert {text for code in CATALOGUE.values() for text in (code.title, code.help)} <= found


def test_japanese_is_japanese() -> None:
    """What has words of English has words of Japanese."""
    for message in messages.catalogue("ja"):
        source = message.id if isinstance(message.id, str) else "".join(message.id)
        words = SAME_IN_BOTH.sub("", re.sub(r"\{[^{}]*\}|%\(\w+\)s", "", source))
        if re.search(r"[A-Za-z]{2}", words):
            text = message.string if isinstance(message.string, str) else "".join(message.string)
            assert JAPANESE.search(text), source


@pytest.mark.parametrize("code", messages.TRANSLATIONS)
def test_what_is_loaded_is_what_was_written(code: str) -> None:
    written = messages.mo_bytes(messages.catalogue(code))
    assert messages.place(code, "mo").read_bytes() == written, "run `python -m tools.messages`"
    texts = messages.catalogue(code)
    read = GNUTranslations(io.BytesIO(written))
    for message in texts:
        if isinstance(message.id, tuple):
            assert read.ngettext(*message.id, 2) == message.string[-1]
        elif message.id:
            assert read.gettext(message.id) == message.string


def test_what_is_loaded_does_not_tell_who_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next release of Babel writes another name and lays its header out otherwise."""
    today = messages.mo_bytes(messages.catalogue("ja"))
    for module in ("catalog", "mofile", "pofile"):
        monkeypatch.setattr(f"babel.messages.{module}.VERSION", "99.0", raising=False)
    assert messages.mo_bytes(messages.catalogue("ja")) == today
    assert b"Babel" not in today


def test_no_text_is_put_together_before_it_is_looked_up() -> None:
    assert list(messages.computed_texts()) == []


def test_what_is_wrong_with_a_catalogue_is_seen() -> None:
    catalog = Catalog("ja")
    catalog.add("{n} of {total}", "{total} のうち {m}")
    catalog.add("fine {n}", "{n} はよい")
    catalog.add("open", "")
    catalog.add(("{n} run", "{n} runs"), ("回",))
    assert messages.open_texts(catalog) == ["open"]
    assert len(messages.mistakes(catalog)) == 2


# --- as users see it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "environment", "japanese"),
    [
        (["explain", "C301", "--lang", "ja"], {}, True),
        (["--lang", "ja", "explain", "C301"], {}, True),
        (["explain", "C301"], {"LC_ALL": "ja_JP.UTF-8"}, True),
        (["explain", "C301"], {"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}, False),
        (["--lang", "en", "explain", "C301"], {"LC_ALL": "ja_JP.UTF-8"}, False),
    ],
)
def test_explain(tmp_path: Path, arguments: list[str], environment: dict[str, str], japanese: bool) -> None:
    out = run(*arguments, cwd=tmp_path, env=environment).out
    assert bool(JAPANESE.search(out)) == japanese
    assert "C301" in out


def test_explain_a_line_in_japanese(tmp_path: Path) -> None:
    line = "30 2 * * 1 /opt/app/report"
    result = run("explain", line, "--timezone", "America/New_York", "--now", "2026-01-01", "--lang", "ja", cwd=tmp_path)
    assert "毎週月曜日、02:30" in result.out
    assert "月 2026-01-05 02:30 EST" in result.out
    assert "完全一致" in result.out
    for english in ("Next runs", "On AWS", "Clocks change", "moved", "To know"):
        assert english not in result.out


def test_the_document_stays_english(tmp_path: Path) -> None:
    arguments = [
        "scan",
        str(FIXTURES / "legacy-rails"),
        "--format",
        "json",
        "--from",
        "2026-01-01",
        "--until",
        "2027-01-01",
    ]
    documents = [json.loads(run(*arguments, "--lang", code, cwd=tmp_path).out) for code in LANGUAGES]
    assert documents[0] == documents[1]


def test_an_unknown_language_is_one_sentence(tmp_path: Path) -> None:
    result = run("--lang", "fr", "explain", "C301", cwd=tmp_path)
    assert result.code == 2
    assert "'fr' is not one of 'en', 'ja'" in result.err


# --- schedules in words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("* * * * *", "毎分"),
        ("*/5 * * * *", "5 分ごと"),
        ("5,35 * * * *", "30 分ごと (5 分から)"),
        ("0 * * * 0", "毎週日曜日、毎時 0 分"),
        ("30 2 * * *", "毎日、02:30"),
        ("0 3 1 * *", "毎月 1 日、03:00"),
        ("0 7 1 1,4 *", "1・4 月、1 日、07:00"),
        ("0 7 * 1 *", "1 月、07:00"),
        ("30 9-18 * * 1,5", "毎週月・金曜日、9 時台から 18 時台までの毎時 30 分"),
        ("45 23 13 * 5", "毎月 13 日、および日付によらず金曜日、23:45"),
        ("15 4 */15 * 1", "毎月 1・16・31 日のうち月曜日、04:15"),
        ("* 9 * * *", "毎日、9 時台の毎分"),
        ("*/20 8,10,12 * * *", "毎日、8・10・12 時台の 20 分ごと"),
        ("@reboot", "マシンの起動時に一度"),
        ("0 0 30 2 *", "実行なし: 当てはまる日付がない"),
    ],
)
def test_words(schedule: str, words: str) -> None:
    assert in_words(parse_schedule(schedule, DIALECTS["debian"])) == words


@given(schedules())
@examples(100)
def test_words_of_any_schedule(schedule: str) -> None:
    """Something is said, and no English word is in it."""
    words = in_words(parse_schedule(schedule, DIALECTS["debian"]))
    assert JAPANESE.search(words)
    assert not re.search("[A-Za-z]", words)


# --- the README in both -----------------------------------------------------------------------------------------------


def _commands(text: str) -> list[str]:
    """The lines of shell blocks without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines()]


def test_both_readmes_say_the_same() -> None:
    english, japanese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))
    for pattern in (r"^(#+) ", r"\]\(((?!README)[^)]+)\)", r"^\| (`[^|]+) \|", r"^```(\w*)$"):
        assert re.findall(pattern, japanese, re.M) == re.findall(pattern, english, re.M), pattern
    assert _commands(japanese) == _commands(english)
    assert re.findall(r"```yaml\n.*?```", japanese, re.S) == re.findall(r"```yaml\n.*?```", english, re.S)
    named = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
    assert set(named.findall(japanese)) == set(named.findall(english))
