"""No line of a crontab, and no log, makes a scan run away."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.commands.command import Understanding, understand
from converters.schedules.date_output import Unknown
from converters.schedules.shell_patterns import BadPattern, glob, grep
from tests.effort import examples

LONG = "a" * 60

COMMANDS = [
    r"""date +%u | grep -q '[5-1]' && x""",
    r"""date +%u | grep -qE '[z-a]|[' && x""",
    rf"""pgrep -f "(a+)+b" || x {LONG}""",
    rf"""! pgrep -f "(a*)*b" && x {LONG}""",
    rf"""pgrep -f "(a|a)(a|aa)+b" > /dev/null || x {LONG}""",
    rf"""pgrep -f "{"(a|a)" * 40}b" || x {LONG}""",
    rf"""pgrep -f ".*.*.*b{{9}}" || x {LONG}""",
    r"""pgrep -f "[5-1]" || x""",
    r"""pgrep -f "(" || x""",
    r"""pgrep -f "*" || x""",
    rf"""date +{LONG} | grep -qE '{"(a|a)" * 40}b' && x""",
    rf"""date +{"a" * 900} | grep -q 'a*a*a*b' && x""",
    rf"""date +{"a" * 900} | grep -qw 'a*a*b' && x""",
    rf"""case $(date +{"a" * 900}) in *a*a*b) x;; esac""",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_pattern_of_a_crontab_runs_away(command: str) -> None:
    began = time.monotonic()
    assert isinstance(understand(command), Understanding)
    assert time.monotonic() - began < 5


SELF = [
    ("pgrep -f job.sh || /srv/job.sh", True),
    ("pgrep -f '[j]ob.sh' || /srv/job.sh", True),
    ("pgrep -f '[j]ob.sh' || /srv/work.sh", False),
    ("pgrep -f '^/srv/job.sh' || /srv/job.sh", False),
    ("pgrep -f '^/bin/sh.*/job.sh$' || /srv/job.sh", True),
    ("pgrep -fi JOB.SH || /srv/job.sh", True),
    ("pgrep -f 'python.*job' || python /srv/job", True),
]


@pytest.mark.parametrize(("command", "itself"), SELF)
def test_whether_pgrep_finds_its_own_shell(command: str, itself: bool) -> None:
    codes = {finding.code for finding in understand(command).findings}
    assert codes & {"C460", "C461"} == {"C461" if itself else "C460"}


@pytest.mark.parametrize("pattern", ["(a+)+b", "[5-1]", r"\bjob", "job{2}", "(", "[[:alpha:]]"])
def test_a_pattern_that_is_not_followed_decides_nothing(pattern: str) -> None:
    understanding = understand(f"pgrep -f '{pattern}' || /srv/job.sh")
    assert {"C460", "C461", "C462"} & {finding.code for finding in understanding.findings} == {"C462"}
    assert understanding.lock is None


@given(pattern=st.text("ab.*+?()|^$", max_size=8), text=st.text("ab", max_size=6))
@examples(300)
def test_the_same_answer_as_a_backtracking_engine(pattern: str, text: str) -> None:
    try:
        ours = grep(pattern, extended=True, gnu=True)
    except (Unknown, BadPattern):
        return
    theirs = re.compile(pattern.replace("$", r"\Z"))
    assert ours.search(text) == (theirs.search(text) is not None)
    assert ours.fullmatch(text) == (theirs.fullmatch(text) is not None)
    if len(text) >= 3:
        assert ours.fullmatch(text, 1, 3) == (theirs.fullmatch(text, 1, 3) is not None)


@given(pattern=st.text("ab*?", max_size=6), text=st.text("ab\n", max_size=6))
@examples(200)
def test_globs_match_as_they_did(pattern: str, text: str) -> None:
    try:
        ours = glob(pattern)
    except Unknown:
        return
    theirs = re.compile(pattern.replace("*", ".*").replace("?", "."), re.S)
    assert ours.fullmatch(text) == (theirs.fullmatch(text) is not None)
