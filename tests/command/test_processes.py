"""Guards that look for processes: what is said of them against what dash and the real ``ps`` and ``pgrep`` find."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from converters.commands.command import understand

GUARDS = [
    ("ps aux | grep zq_job.sh >/dev/null || echo RAN zq_job.sh", "never"),
    ("ps aux | grep -v grep | grep zq_job.sh >/dev/null || echo RAN zq_job.sh", "lock"),
    ("ps aux | grep zq_job.sh | grep -v grep >/dev/null || echo RAN zq_job.sh", "lock"),
    ("ps -ef | grep '[z]q_job.sh' >/dev/null || echo RAN zq_job.sh", "never"),
    ("ps -ef | grep '[z]q_job' >/dev/null || echo RAN", "lock"),
    ("ps -ef | grep -q [z]q_job || echo RAN", "lock"),
    ("ps -e | grep zq_job.sh >/dev/null || echo RAN zq_job.sh", "lock"),
    ("ps ax | grep -q zq_job.sh && echo RAN zq_job.sh", "useless"),
    ("! ps ax | grep -q zq_job.sh && echo RAN zq_job.sh", "never"),
    ("[ $(ps aux | grep -c zq_job.sh) -gt 1 ] || echo RAN zq_job.sh", "never"),
    ("[ $(ps aux | grep -c zq_job.sh) -gt 3 ] || echo RAN zq_job.sh", "lock"),
    ("[ $(ps aux | grep -v grep | grep -c zq_job.sh) -eq 0 ] && echo RAN zq_job.sh", "lock"),
    ("[ $(ps aux | grep zq_job.sh | wc -l) -le 3 ] && echo RAN zq_job.sh", "lock"),
    ("[ $(ps aux | grep zq_job.sh | wc -l) -lt 2 ] && echo RAN zq_job.sh", "never"),
    ("test `ps aux | grep -c zq_job.sh` -gt 1 || echo RAN zq_job.sh", "never"),
    ('if [ -z "$(ps aux | grep zq_job.sh | grep -v grep)" ]; then echo RAN zq_job.sh; fi', "lock"),
    ('[ "$(pgrep -f zq_job.sh)" ] || echo RAN zq_job.sh', "never"),
    ('[ "$(pgrep -f zq_job.sh)" = "" ] && echo RAN zq_job.sh', "never"),
    ('[ -z "$(pgrep -f zq_job.sh)" ] && echo RAN zq_job.sh', "never"),
    ('[ ! -n "$(pgrep zq_job.sh)" ] && echo RAN zq_job.sh', "lock"),
    ('[ -z "$(pgrep zq_job.sh)" ] && echo RAN zq_job.sh', "lock"),
    ("[ $(pgrep -fc zq_job.sh) -eq 1 ] && echo RAN zq_job.sh", "lock"),
    ("[ $(pgrep -f zq_job.sh | wc -l) -eq 2 ] && echo RAN zq_job.sh", "lock"),
    ("[ $(pgrep -f zq_job.sh | wc -l) -eq 0 ] && echo RAN zq_job.sh", "never"),
    ("if ! pgrep -f zq_job.sh >/dev/null; then echo RAN zq_job.sh; fi", "never"),
    ("pgrep -f '[z]q_job.sh' >/dev/null || echo RAN zq_job.sh", "never"),
    ("pgrep -f '[z]q_job' >/dev/null || echo RAN", "lock"),
    ("pidof -x zq_job.sh >/dev/null || echo RAN zq_job.sh", "lock"),
    ("ps -eo args | grep zq_job.sh >/dev/null || echo RAN zq_job.sh", "never"),
    ("ps -eo comm | grep zq_job.sh >/dev/null || echo RAN zq_job.sh", "lock"),
    ("ps axo pid,cmd | fgrep zq_job.sh >/dev/null || echo RAN zq_job.sh", "never"),
    ("ps auxww | egrep 'zq_(job|x)' >/dev/null || echo RAN zq_job.sh", "never"),
    ("ps -ef | grep -v grep | grep -qi ZQ_JOB || echo RAN zq_job.sh", "lock"),
    ("ps aux|grep zq_job.sh|grep -v grep>/dev/null && exit 0; echo RAN zq_job.sh", "lock"),
    ("ps aux | grep zq_job.sh >/dev/null && exit; echo RAN zq_job.sh", "never"),
]


@pytest.mark.parametrize(("text", "expected"), GUARDS)
def test_what_is_said(text: str, expected: str) -> None:
    found = understand(text)
    codes = {finding.code for finding in found.findings}
    said = "lock" if "C460" in codes else "never" if "C461" in codes else ""
    said = said or ("useless" if any("kept no two runs apart" in one.message for one in found.findings) else "")
    assert said == expected
    assert (found.lock is not None) == (expected == "lock")
    assert found.original == text


@pytest.mark.parametrize(
    "text",
    [
        "ps -u app | grep x || y",
        "ps aux | grep x | awk '{print $2}' || y",
        "ps aux | grep $NAME || y",
        "ps aux | grep '^root' || y",
    ],
)
def test_what_only_the_host_knows_is_asked(text: str) -> None:
    codes = {finding.code for finding in understand(text).findings}
    assert "C462" in codes
    assert not codes & {"C460", "C461"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("if ps -ef | grep -v grep | grep -q x.sh ; then exit 0; else /srv/x.sh; fi", "C411"),
        ("if pgrep x.sh; then :; else /srv/x.sh; fi", "C411"),
        ("cd /srv; if ps aux | grep -q x.sh; then exit; else ./x.sh; fi", "C461"),
        ("if [ $(ps aux | grep -c x.sh) -gt 1 ]; then exit; else ./x.sh; fi", "C461"),
        ("if ! pgrep -f x.sh; then ./x.sh; else echo runs; fi", "C461"),
    ],
)
def test_a_search_that_stays_is_told(text: str, code: str) -> None:
    codes = {finding.code for finding in understand(text).findings}
    assert codes & {"C411", "C461"} == {code}


@contextmanager
def running(path: Path) -> Iterator[None]:
    path.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
    path.chmod(0o755)
    job = subprocess.Popen([path])
    try:
        yield
    finally:
        job.kill()
        job.wait()


@pytest.mark.skipif(not all(map(shutil.which, ("dash", "ps", "pgrep", "pidof"))), reason="needs dash and procps")
def test_what_happens(tmp_path: Path) -> None:
    """Each guard as cron starts it, alone and beside a run of the job."""

    def runs(text: str) -> bool:
        env = {"PATH": os.environ["PATH"]}  # with COLUMNS, `ps` would cut its lines
        done = subprocess.run(["dash", "-c", text], env=env, capture_output=True, text=True, timeout=30, check=False)
        return "RAN" in done.stdout

    free = [runs(text) for text, _ in GUARDS]
    with running(tmp_path / "zq_job.sh"):
        busy = [runs(text) for text, _ in GUARDS]
    words = {(True, False): "lock", (False, False): "never", (True, True): "useless"}
    happened = [
        (text, words.get(pair, "else")) for (text, _), pair in zip(GUARDS, zip(free, busy, strict=True), strict=True)
    ]
    assert happened == GUARDS
