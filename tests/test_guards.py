"""The guard's shell lines, run by real shells, against the calendar."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.expressions.guards import DATES, SLOT, GuardError, dates_of, guarded
from tests.effort import examples

SHELLS = [name for name in ("sh", "dash", "bash") if shutil.which(name)]
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def runs(guard: dict[str, object], slots: list[datetime], dates: str = "dom", shell: str = "sh") -> list[bool]:
    """Whether the command runs for each slot: all slots go through one shell, by the very script of the container."""
    script = guarded(guard, ["true"])[2].replace('exec "$@"', "echo ran")
    body = f"check() {{ ( {script}\n ); }}\n"
    body += "".join(f"{SLOT}={slot:%Y-%m-%dT%H:%M:%SZ} {DATES}={dates} check\n" for slot in slots)
    done = subprocess.run([shell, "-c", body], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return [line == "ran" for line in done.stdout.splitlines()]


def wanted(guard: dict[str, object], slot: datetime, dates: str) -> bool:
    local = slot + timedelta(minutes=int(str(guard["offset"])))
    dom = guard["daysOfMonth"] == "*" or str(local.day) in str(guard["daysOfMonth"]).split(",")
    dow = guard["daysOfWeek"] == "*" or DAYS[local.isoweekday() % 7] in str(guard["daysOfWeek"]).split(",")
    month = guard["months"] == "*" or str(local.month) in str(guard["months"]).split(",")
    if guard["rule"] == "and":
        return month and dom and dow
    if not guard.get("once"):
        return month and (dom or dow)
    return month and (dow and not dom if dates == "dow" else dom)


def listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("*") | st.lists(values, min_size=1, max_size=5, unique=True).map(",".join)


guards = st.fixed_dictionaries(
    {
        "offset": st.sampled_from([0, 540, 330, -300, -570, 840, -720]),
        "daysOfMonth": listed(st.integers(1, 31).map(str)),
        "months": listed(st.integers(1, 12).map(str)),
        "daysOfWeek": listed(st.sampled_from(DAYS)),
        "rule": st.sampled_from(["and", "or"]),
        "once": st.booleans(),
    }
)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2101, 1, 1)).map(
    lambda t: t.replace(second=0, microsecond=0, tzinfo=UTC)
)


@examples(60)
@given(guards, st.lists(moments, min_size=30, max_size=60), st.sampled_from(["dom", "dow"]), st.sampled_from(SHELLS))
def test_the_shell_decides_as_the_calendar_does(
    guard: dict[str, object], slots: list[datetime], dates: str, shell: str
) -> None:
    assert runs(guard, slots, dates, shell) == [wanted(guard, slot, dates) for slot in slots]


def test_every_day_of_leap_and_common_years() -> None:
    guard: dict[str, object] = {
        "offset": 540,
        "daysOfMonth": "1,29,31",
        "months": "*",
        "daysOfWeek": "*",
        "rule": "and",
    }
    slots = [datetime(2027, 1, 1, 15, tzinfo=UTC) + timedelta(days=n) for n in range(900)]
    assert runs(guard, slots) == [wanted(guard, slot, "dom") for slot in slots]


def test_the_command_is_started_with_its_words() -> None:
    guard: dict[str, object] = {
        "offset": 0,
        "daysOfMonth": "8",
        "months": "*",
        "daysOfWeek": "*",
        "rule": "and",
        "once": False,
    }
    command = guarded(guard, ["printf", "<%s>", "a b", "$HOME", "'"])
    for slot, out in (
        (None, "<a b><$HOME><'>"),
        ("2026-03-08T07:00:00Z", "<a b><$HOME><'>"),
        ("2026-03-09T07:00:00Z", ""),
    ):
        environment = {"PATH": "/usr/bin:/bin", **({SLOT: slot} if slot else {})}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert (done.stdout if out else done.stdout[:13]) == (out or "cron2fargate:")


@pytest.mark.parametrize(("expression", "dates"), [("cron(0 1 ? * MON *)", "dow"), ("cron(0 1 13 * ? *)", "dom")])
def test_which_field_an_expression_goes_by(expression: str, dates: str) -> None:
    assert dates_of(expression) == dates


@pytest.mark.parametrize(
    "change",
    [{"offset": "9"}, {"rule": "xor"}, {"months": "1;reboot"}, {"daysOfWeek": "MONDAY"}, {"daysOfMonth": None}],
)
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    guard = {"offset": 0, "daysOfMonth": "8", "months": "*", "daysOfWeek": "*", "rule": "and"} | change
    with pytest.raises(GuardError):
        guarded(guard, ["x"])
