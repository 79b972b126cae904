"""The findings' own sentences in Japanese: each row is met by a real line, no value is lost, and nothing runs away."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from converters.findings.codes import Finding
from migrate.terminal import sentences_ja
from migrate.terminal.language import choose, finding_text
from migrate.terminal.sentences_ja import in_japanese
from tests.workspaces import called

TABLE = r"""MAIL=
MAILTO=ops@example.com
0 0 13 * 5 /opt/app/a1
1 0 */2 * 1 /opt/app/a2 || true
2 0 30 2 * /opt/app/a3 | sort
3 20 1-7 * 5 /opt/app/a4 | logger -t a
4 0 * * * /opt/app/a5 &
5 0 * * * nq /opt/app/a6
6 0 * * * /usr/bin/flock -n /tmp/a.lock /opt/app/a7 >> /var/log/a.log 2>&1
7 0 * * * /opt/app/a8 > /srv/out/a.csv
8 0 * * * rsync -a h.example.com::m/ /srv/m/
9 0 * * * /opt/app/a9 > /dev/null 2>&1
10 0 1-7 * * [ "$(date +\%u)" = 1 ] && /opt/app/b1
11 0 * * * /opt/app/b2 $(date +\%F)
12 0 * * * /bin/bash -lc /opt/app/b3
13 0 * * * . /opt/app/env.sh; /opt/app/b4
14 0 * * * cd /srv/app/current && bin/b5
15 0 * * * ~/bin/b6
16 0 * * * /opt/app/b7 $REGION
17 0 * * * [ -x /opt/app/b8 ] && /opt/app/b8
18 0 * * * cd /opt/app && php artisan queue:work
19 0 * * * curl -fsS http://localhost:9200/b9
20 0 * * * /opt/app/c1 | mail -s x ops@example.com
21 0 * * * cd /opt/app && sudo bin/c2 && bin/c3
22 0 * * * /usr/bin/nightwatch
30 1 * * * /opt/app/c4
@reboot /opt/app/c5
23 0 * * * /opt/app/c6 | mail -s x ops@example.com
MAILTO=deploy
24 0 * * * for d in a b; do /opt/app/list $d | sort; done
26 0 * * * sleep 60; /opt/app/d1
27 0 * * * perl -le 'sleep rand 900' && /opt/app/d2
28 0 * * * /opt/app/d3; /opt/app/d4
29 0 * * * /opt/app/d5%one
31 0 * * * /opt/app/d6%
32 0 * * * gzip /srv/day.csv
33 0 * * * parallel :::: /srv/list.txt
34 0 * * * gzip ~/day.csv
35 0 * * * /opt/app/d7 < ~/in.csv
PATH=/opt/d8/bin:/usr/bin
36 0 * * * d8
37 0 * * * /opt/d8/bin/d9
"""
ENDS = "25 0 * * * /opt/app/c7\r\n"
SYSTEM = "0 5 * * * deploy /opt/app/report\n"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Code and sentence of every finding of the tables."""
    place = tmp_path_factory.mktemp("ja")
    (place / "mine").write_bytes((TABLE + ENDS).encode())
    (place / "theirs").write_text(SYSTEM)
    found = []
    for name, kind in (("mine", "--user-crontab"), ("theirs", "--system")):
        called(place, "scan", name, kind, "--timezone", "Europe/Berlin", "--out", name + ".out", "--backend", "rule")
        document = json.loads((place / f"{name}.out/report.json").read_text())
        found += [(one["code"], one["message"]) for job in document["jobs"] for one in job["findings"]]
        found += [(one["code"], one["message"]) for one in document["problems"]]
    return found


def test_every_row_is_a_sentence_that_is_really_said(said: list[tuple[str, str]]) -> None:
    unmet = [
        (code, english)
        for code, rows in sentences_ja._ROWS.items()
        for english, _japanese in rows
        if not any(code == one and sentences_ja._values(english.split("{}"), text) is not None for one, text in said)
    ]
    assert unmet == [], [text for code, text in said if code in {one for one, _ in unmet}]


def test_no_value_is_lost_and_no_english_is_left(said: list[tuple[str, str]]) -> None:
    met = [(text, japanese) for code, text in said if (japanese := in_japanese(code, text)) is not None]
    assert len(met) > 60
    for text, japanese in met:
        assert re.findall(r"`[^`]*`", text) == [] or set(re.findall(r"`[^`]*`", text)) <= set(
            re.findall(r"`[^`]*`", japanese)
        ), (text, japanese)
        assert sorted(re.findall(r"\d+(?:,\d+)*", text)) == sorted(re.findall(r"\d+(?:,\d+)*", japanese)), (
            text,
            japanese,
        )
        assert japanese.endswith("。")
        bare = re.sub(r"`[^`]*`|[\w.]+@[\w.]+", "", japanese)
        assert not re.search(r"\b(the|is|of|it|runs|and|to)\b", bare), japanese


def test_a_sentence_of_no_row_keeps_its_words() -> None:
    assert in_japanese("C999", "x") is None and in_japanese("C420", "Its output went elsewhere") is None
    choose("ja")
    assert finding_text(Finding("C420", "nobody knows")).endswith(": nobody knows")
    assert finding_text(Finding("C420", "Its output went to `/a`; it goes to CloudWatch Logs now.")) == (
        "C420 出力先は `/a` でしたが、今後は CloudWatch Logs に送られます。"
    )


def test_a_hostile_value_stays_a_value() -> None:
    """Braces and the pieces of a template within a value change nothing but the value."""
    message = "Its output went to `/a{0}`; it goes {x} to `/b`; it goes to CloudWatch Logs now."
    assert in_japanese("C420", message) == (
        "出力先は `/a{0}`; it goes {x} to `/b` でしたが、今後は CloudWatch Logs に送られます。"
    )
    assert in_japanese("C472", "`" + "` asks " * 50_000) is None


def test_a_scan_in_japanese_says_them_so(tmp_path: Path) -> None:
    (tmp_path / "tab").write_text("0 5 * * * /opt/app/a > /var/log/a.log\n")
    told = called(tmp_path, "--lang", "ja", "scan", "tab", "--user-crontab", "--timezone", "UTC", "--details")
    assert "C420 出力先は `/var/log/a.log` でした" in told
    assert "It goes" not in told and "Its output" not in told
