"""Findings where reviewers look: SARIF as its schema demands, and commands of a workflow that no text of a crontab ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from migrate.report.code_scanning import Notice, sarif, workflow_commands
from tests.cli import ROOT, run

TABLE = """\
CRON_TZ=Nowhere/Land
0 1 * * * /opt/app/import > /dev/null || true
61 1 * * * /opt/app/never
@reboot /opt/app/serve
"""


def scanned(tmp_path: Path, form: str, table: str = TABLE) -> Any:
    (tmp_path / "tables").mkdir(exist_ok=True)
    (tmp_path / "tables" / "my tab").write_text(table)
    return run("scan", "tables/my tab", "--user-crontab", "--format", form, cwd=tmp_path)


def test_each_finding_is_a_result_at_its_line(tmp_path: Path) -> None:
    log = json.loads(scanned(tmp_path, "sarif").out)
    document = json.loads((tmp_path / "migration/report.json").read_text())
    (one_run,) = log["runs"]
    rules = [rule["id"] for rule in one_run["tool"]["driver"]["rules"]]
    found = sorted(
        (one["ruleId"], one["locations"][0]["physicalLocation"]["region"]["startLine"]) for one in one_run["results"]
    )
    expected = [(one["code"], job["source"]["line"]) for job in document["jobs"] for one in job["findings"]]
    expected += [(one["code"], one["line"] or 1) for one in document["problems"]]
    expected += [(one["code"], 1) for one in document["skipped"]]
    assert found == sorted(expected)
    assert rules == sorted(set(rules)) and {code for code, _ in found} == set(rules)
    for one in one_run["results"]:
        assert rules[one["ruleIndex"]] == one["ruleId"]
        assert one["level"] in ("error", "warning", "note")
        # A reference of RFC 3986: a blank in a name of a file is no blank there.
        assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "tables/my%20tab"
    assert log["version"] == "2.1.0"


def prints(tmp_path: Path, table: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in json.loads(scanned(tmp_path, "sarif", table).out)["runs"][0]["results"]:
        found.setdefault(one["ruleId"], set()).add(one["partialFingerprints"]["cron2fargate/v1"])
    return found


def test_an_alert_stays_the_same_when_its_line_moves(tmp_path: Path) -> None:
    before = prints(tmp_path, TABLE)
    after = prints(tmp_path, "# a comment\n\n" + TABLE)
    assert before == after
    values = [value for some in before.values() for value in some]
    assert len(values) == len(set(values))


HOSTILE = "a\n::error file=x::evil %0A, `x`: 100%\r"


def test_no_text_ends_a_command() -> None:
    notices = [Notice("C404", "info", HOSTILE, "etc/a:b,c", 3, "job\nx"), Notice("C201", "error", "stop", "-", 0)]
    rows = list(workflow_commands(notices))
    assert rows == [
        "::error title=C201::stop",
        "::notice file=etc/a%3Ab%2Cc,line=3,title=C404 job%0Ax::a%0A::error file=x::evil %250A, `x`: 100%25%0D",
    ]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/etc/crontab", "file:///etc/crontab"),
        ("./server1/etc/crontab", "server1/etc/crontab"),
        ("-", "standard-input"),
        ("日報/表", "%E6%97%A5%E5%A0%B1/%E8%A1%A8"),
    ],
)
def test_places_are_references(path: str, uri: str) -> None:
    (result,) = sarif([Notice("C404", "info", "x", path, 1)], "1")["runs"][0]["results"]  # type: ignore[index]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_more_than_is_taken_is_counted_and_the_worst_stay() -> None:
    many = [Notice("C404", "info", f"{n}", "x", n) for n in range(25_010)] + [Notice("C201", "error", "worst", "x", 1)]
    (one_run,) = sarif(many, "1")["runs"]  # type: ignore[misc,attr-defined]
    assert len(one_run["results"]) == 25_000
    assert one_run["results"][0]["message"]["text"] == "worst"
    assert one_run["properties"] == {"leftOut": 11}


def test_annotations_of_a_scan(tmp_path: Path) -> None:
    done = scanned(tmp_path, "github")
    rows = done.out.splitlines()
    assert rows and all(
        re.match(r"::(error|warning|notice) file=tables/my tab,line=\d+,title=C\d{3}", row) for row in rows
    )
    levels = [row[2:].partition(" ")[0] for row in rows]
    assert levels == sorted(levels, key=["error", "warning", "notice"].index)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scna"], "did you mean 'scan'?"),
        (["scan", "--format", "jsno"], "did you mean 'json'?"),
        (["report", "--format", "htlm"], "did you mean 'html'?"),
        (["zzzzzz"], "No such command 'zzzzzz' (see"),
    ],
)
def test_the_nearest_word_is_proposed(tmp_path: Path, words: list[str], said: str) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1


def test_the_hook_is_a_command_of_ours() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    words = hook["entry"].split()
    assert words[:2] == ["cron2fargate", "scan"]
    taken = [
        one
        for one in ("etc/crontab", "a/cron.d/app", "crontab", "src/x.py", "cron.d/a.bak")
        if re.search(hook["files"], one)
    ]
    assert taken == ["etc/crontab", "a/cron.d/app", "crontab"]


def test_the_help_of_a_rule_shows_a_bad_and_a_good_line(tmp_path: Path) -> None:
    (one_run,) = json.loads(scanned(tmp_path, "sarif").out)["runs"]
    helps = {rule["id"]: rule["help"]["markdown"] for rule in one_run["tool"]["driver"]["rules"]}
    assert (
        "```text\n0 5 * * * /opt/app/report || true\n```\n\nGood:\n\n```text\n0 5 * * * /opt/app/report\n```"
        in helps["C413"]
    )
    assert "```text\nCRON_TZ=Asia/Tokyo\n0 5 * * * /opt/app/report\n```" in helps["C105"], "each line on its own"
    assert all(text.count("```") in (0, 4) for text in helps.values())
