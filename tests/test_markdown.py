"""The report in Markdown and JSON: the numbers first, and every text from a crontab inert."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.document.model import Document
from migrate.document.to_json import render_json
from migrate.report.markdown import code, fenced, prose, render_markdown, visible
from tests.documents import document_of, json_of

PARITY = {"exact": True, "before": 3652, "after": 3652, "lost": 0, "extra": 0, "moved": 0, "moves": []}


def job(name: str = "backup", **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "source": {"path": "etc/cron.d/app", "line": 3},
        "user": "deploy",
        "schedule": "30 3 * * *",
        "timezone": "Asia/Tokyo",
        "dialect": "debian",
        "line": "30 3 * * * deploy backup",
        "status": "ready",
        "target": {"backend": "rule", "timezone": "UTC", "expressions": ["cron(30 18 * * ? *)"], "guard": None},
        "parity": PARITY,
        "findings": [],
        **changes,
    }


def finding(code: str, severity: str, message: str) -> dict[str, str]:
    return {"code": code, "severity": severity, "message": message, "help": "Do this"}


def document(*jobs: dict[str, Any], **more: Any) -> Document:
    return document_of(
        {
            "version": 1,
            "timezone": "Asia/Tokyo",
            "window": {"from": "2026-01-01T00:00:00Z", "until": "2036-01-01T00:00:00Z"},
            "lines": {"total": 9, "job": 2, "environment": 1, "comment": 4, "blank": 2, "invalid": 0},
            "jobs": list(jobs),
            "problems": [],
            **more,
        }
    )


MOVED = {
    **{"exact": False, "before": 3652, "after": 3651, "lost": 1, "extra": 0, "moved": 20},
    "moves": [{"minutes": 60, "runs": 10}, {"minutes": -30, "runs": 1}],
    "first_differences": [{"was": "2026-03-29T01:30Z", "is": None}, {"was": None, "is": "2026-10-25T00:30Z"}],
}

EXPECTED = """\
# Migration report

**3** jobs, **2** proven exact through 2035, **1** needs a decision.

Time zone of the crontabs: `Asia/Tokyo`; runs compared from `2026-01-01` to `2036-01-01`; tzdata `2025b`.

## Needs attention

- `night`: `*/7` is uneven (C201)
- 1 line could not be read; see Problems
- 1 file passed over; see Not made into jobs

## Jobs

| Job | Fate | Schedule | Zone | Becomes | Status | Runs | Lost | Extra | Moved |
| --- | --- | --- | --- | --- | --- | --- | ---: | ---: | ---: |
| `backup` | move | `30 3 * * *` | `Asia/Tokyo` | `cron(30 18 * * ? *)`<br>in `UTC` | ready | exact | 0 | 0 | 0 |
| `night` | move | `30 3 * * *` | `Asia/Tokyo` | `cron(30 18 * * ? *)`<br>in `UTC` | needs a decision | differ | 1 | 0 | 20 |
| `boot` | move | `@reboot` | `Asia/Tokyo` |  | ready | exact | 0 | 0 | 0 |

## Details

### `night`

`etc/cron.d/app:3`, user `deploy`

```
30 3 * * * deploy backup
```

- **C201** (warning): `*/7` is uneven. Do this

3,652 runs before, 3,651 after: 1 lost, 0 extra, 20 moved.

- 10 runs start 1 h later
- 1 run starts 30 min earlier

The first differences:

| Was | Is |
| --- | --- |
| `2026-03-29T01:30Z` | – |
| – | `2026-10-25T00:30Z` |

## Notes

- **C401**
  - its lock is kept as a lease: `backup`, `boot`

## Problems

No job was made of these lines.

| Where | Code | What | Line |
| --- | --- | --- | --- |
| `etc/cron.d/app:8` | C101 | bad minute: 61 | `61 4 * * * x` |

## Not made into jobs

- `etc/cron.d/app.bak`: a dot

## Lines

9 read: 2 job, 1 environment, 4 comment, 2 blank, 0 invalid.
"""


def test_a_report() -> None:
    note = finding("C401", "info", "its lock is kept as a lease")
    text = render_markdown(
        document(
            job(findings=[note]),
            job("night", status="review", parity=MOVED, findings=[finding("C201", "warning", "`*/7` is uneven")]),
            job("boot", schedule="@reboot", target=None, findings=[note]),
            problems=[
                {
                    "path": "etc/cron.d/app",
                    "line": 8,
                    "text": "61 4 * * * x",
                    "code": "C101",
                    "message": "bad minute: 61",
                }
            ],
            skipped=[{"path": "etc/cron.d/app.bak", "reason": "a dot", "code": "C110"}],
            tzdata="2025b",
        )
    )
    assert text == EXPECTED


def test_a_document_with_the_least() -> None:
    assert render_markdown(document_of({"jobs": []})) == "# Migration report\n\n**0** jobs.\n"
    least = {"id": "a", "name": "a", "source": {"path": "p", "line": 1}, "schedule": "* * * * *", "line": "* * * * * a"}
    assert "not compared" in render_markdown(document_of({"jobs": [least]}))


@pytest.mark.parametrize(
    ("until", "through"),
    [("2036-01-01T00:00:00Z", " through 2035"), ("2035-11-22T00:00:00Z", " through 2035-11-21"), ("", "")],
)
def test_how_far_the_proof_goes(until: str, through: str) -> None:
    text = render_markdown(document(job(), window={"until": until}))
    assert f"**1** proven exact{through}.\n" in text


# text                          in a sentence
SENTENCES = """
plain words, a_name and a->b    plain words, a_name and a->b
at */5 * * * * daily            at `*/5 * * * *` daily
cron(0 5 * * ? *) in UTC        `cron(0 5 * * ? *)` in UTC
@reboot is not carried over     `@reboot` is not carried over
see #12 or www.example.com      see `#12` or `www.example.com`
<script>x</script> & &amp; &    `<script>x</script>` & `&amp;` &
mailed to a@example.com; now    mailed to `a@example.com`; now
- [x] done                      `- [x]` done
`a b` and `c                    `a b` and `` `c ``
1. one                          `1.` one
a ~~b~~ __c__ **d**             a `~~b~~ __c__ **d**`
`<b>``<i>`                      `<b>` `<i>`
"""


@pytest.mark.parametrize("row", SENTENCES.split("\n")[1:-1])
def test_sentences(row: str) -> None:
    assert prose(row[:32].rstrip()) == row[32:]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m\x07", r"\x1b[31m\x07"),
        ("a\u202eb\u2066c\u200bd\ufeff", r"a\u202eb\u2066c\u200bd\ufeff"),
        ("\x9b\udce3\U000e0041", r"\x9b\udce3\U000e0041"),
        ("a\tb\r\n", r"a\x09b\x0d\x0a"),
        ("日本語 é 🕐", "日本語 é 🕐"),
        ("葛\U000e0100城", "葛\U000e0100城"),
    ],
)
def test_nothing_unseen_is_left(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_control_and_every_mark_of_direction_is_spelled_out() -> None:
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    for character in map(chr, range(0x110000)):
        if (
            unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
            or unicodedata.bidirectional(character) in directions
        ):
            assert visible(character).startswith("\\")


def spans(line: str) -> tuple[list[str], str]:
    """The code spans of a line as CommonMark finds them, and the text outside them."""
    inside, outside, position = [], [], 0
    runs = [(match.start(), match.end()) for match in re.finditer("`+", line)]
    while runs:
        start, end = runs.pop(0)
        closing = next((index for index, run in enumerate(runs) if run[1] - run[0] == end - start), None)
        if closing is None:
            continue
        outside.append(line[position:start])
        content = line[end : runs[closing][0]]
        if content.startswith(" ") and content.endswith(" ") and content.strip():
            content = content[1:-1]
        inside.append(content)
        position = runs[closing][1]
        runs = runs[closing + 1 :]
    return inside, "".join([*outside, line[position:]])


NASTY = st.text(alphabet="`|<>*_[]\\@# \t\r\n\x1b\u202eax1&;-~!()", max_size=30)


@given(NASTY)
def test_a_code_span_shows_its_text_and_nothing_else(text: str) -> None:
    if text.strip(" "):
        assert spans(code(text)) == ([visible(text)], "")
    else:
        assert "`" not in code(text)


@given(NASTY)
def test_no_markup_is_left_outside_the_spans_of_a_sentence(text: str) -> None:
    line = prose(text)
    assert "\n" not in line
    _, outside = spans(line.replace("<code>", "").replace("</code>", ""))
    assert not re.search(r"[<*`\[\]\\@|\x1b\u202e\r]|~~", outside)


@given(NASTY)
def test_a_fence_holds(text: str) -> None:
    first, *middle, last = fenced(text)
    assert first == last == "`" * len(first)
    assert len(first) >= 3
    assert all(not re.match(rf" {{0,3}}`{{{len(first)},}}\s*$", line) for line in middle)


@given(NASTY, NASTY, NASTY)
def test_the_table_keeps_its_columns_whatever_a_crontab_says(name: str, schedule: str, expression: str) -> None:
    target = {"backend": "rule", "timezone": "UTC", "expressions": [expression], "guard": None}
    text = render_markdown(document(job(name, schedule=schedule, target=target)))
    rows = [line for line in text.split("\n") if line.startswith("| ")]
    assert len(rows) == 3
    assert {row.count("|") for row in rows} == {11}
    cell = rows[2].split(" | ")[2]
    inner = re.fullmatch("<code>(.*)</code>", cell)
    if schedule.strip(" "):
        assert (html.unescape(inner[1]) if inner else spans(cell)[0][0]) == visible(schedule)


@given(NASTY)
def test_the_raw_line_is_shown_whole(line: str) -> None:
    text = render_markdown(document(job(line=line, status="blocked")))
    shown = "\n".join(visible(part, tabs=True) for part in line.split("\n"))
    assert f"\n{shown}\n" in text
    assert not re.search("[\x1b\u202e\r]", text)


def test_json_has_a_job_a_line_and_is_the_document() -> None:
    doc = document(job("a", line="日本\udce3\u202e"), job("b"))
    text = render_json(doc)
    text.encode("utf-8")
    # A byte that is no UTF-8 is told as text: half a character in JSON is what readers refuse.
    assert json.loads(text) == json_of(document(job("a", line="日本\\xe3\u202e"), job("b")))
    assert [line for line in text.splitlines() if line.startswith('    {"id": "a"')] != []
    assert "日本" in text
    assert '\n  "jobs": [],\n  "problems": [],\n' in render_json(document())


def test_of_a_fleet_the_first_jobs_are_shown() -> None:
    job = {
        "name": "j",
        "schedule": "0 3 * * *",
        "findings": [],
        "status": "ready",
        "parity": {"exact": True, "lost": 0, "extra": 0, "moved": 0},
    }
    text = render_markdown(document_of({"jobs": [{**job, "name": f"j{number}"} for number in range(1500)]}))
    assert "The first 1,000 jobs are shown; report.json has all." in text
    assert "j999" in text
    assert "j1000" not in text
