"""What is written is what was proven: crontabs are scanned, and each ecs.yml that comes of it is executed against cron.

The JSON's counts are compared with those of referees that share no code with the product: cron walked minute by minute, AWS's
expressions by their own reader, guards by real shells, and tests of the date by dash under libfaketime, in the crontab's text
before and in the container's text after. `make test-deep` does thousands of schedules in all zones and ways.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, product
from pathlib import Path
from typing import Any

import pytest

from converters.artefact.registered import Registered
from converters.expressions.guards import dates_of
from converters.schedules.daemon import Window, listed
from converters.specs.model import Spec, load_spec
from tests.cli import run
from tests.command.world import faketime_library
from tests.effort import DEEP
from tests.models import executed, registered
from tests.models.cron_walk import debian_starts
from tests.strategies import CHANGING_ZONES, FIXED_ZONES, drawn_schedules

WAYS = ("rule", "scheduler", "auto", "seasonal", "exact")
PLACES = list(product([*CHANGING_ZONES, *FIXED_ZONES], WAYS))
LINES, TESTS, PLACES_TRIED = (32, 4, len(PLACES)) if DEEP else (7, 3, 2)

# Tests of the date in front of a job: those that become schedule, those that stay, with pauses, in other zones.
TESTED = """
[ $(expr $(date +%V) % 2) -eq 0 ] && /usr/bin/printf R1
[ $(( $(date +%s) / 86400 % 3 )) -eq 0 ] && /usr/bin/printf R1
[ "$(date +%u)" -lt 6 ] && /usr/bin/printf R1
[ "$(date -d tomorrow +%d)" = 01 ] && /usr/bin/printf R1
[ "$(date -d '+7 days' +%m)" != "$(date +%m)" ] && /usr/bin/printf R1
test $(date +%-d) -le 7 && /usr/bin/printf R1
[ $(date +%j) -gt 90 ] || exit 0; /usr/bin/printf R1
if [ "$(date +%a)" = Mon ]; then /usr/bin/printf R1; fi
case $(date +%d) in 0[1-7]|15) /usr/bin/printf R1;; esac
w=$(date +%U); [ $((${w#0} % 2)) -eq 1 ] && /usr/bin/printf R1
[ "$(TZ=Asia/Tokyo date +%u)" = 1 ] && /usr/bin/printf R1
[ "$(date -u +%d)" = "$(date +%d)" ] && /usr/bin/printf R1
[ $(date +%H) -lt 12 ] && /usr/bin/printf R1
sleep 3600; [ $(expr $(date +%d) % 2) -eq 0 ] && /usr/bin/printf R1
sleep 1800 && [ "$(date +%u)" = 7 ] && /usr/bin/printf R1
export TZ=America/New_York; [ "$(date +%u)" = 5 ] && /usr/bin/printf R1
date +%A | grep -q day && [ "$(date +%m)" -ge 3 ] && /usr/bin/printf R1
[ $(date +%u) -ne 7 ] && [ $(expr $(date +%W) % 2) -eq 1 ] && /usr/bin/printf R1
[ "$(date +%d)" -gt 20 ] && [ "$(date +%u)" -eq 5 ] && /usr/bin/printf R1
[ $(date +%M) -lt 31 ] && /usr/bin/printf R1
"""


@dataclass(frozen=True)
class Case:
    """One scan: the lines of its crontab as (schedule, command), in a zone and a way, over a window."""

    zone: str
    way: str
    window: Window
    lines: tuple[tuple[str, str], ...]


def drawn(number: int, seed: int) -> list[str]:
    texts = drawn_schedules(number, derandomize=not DEEP)
    random.Random(seed).shuffle(texts)
    return texts


def cases() -> Iterator[Case]:
    chance = random.Random(2027)
    tests = TESTED.strip().splitlines()
    places = PLACES if DEEP else chance.sample(PLACES, PLACES_TRIED)
    texts = drawn(LINES * len(places), 1)
    for number, (zone, way) in enumerate(places):
        first = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp()) // 60 + chance.randrange(4 * 365) * 1440
        plain = [(text, "/usr/bin/printf R1") for text in texts[number * LINES : (number + 1) * LINES]]
        tested = [(_rare(chance), chance.choice(tests)) for _ in range(TESTS)]
        yield Case(zone, way, Window(first, first + chance.choice([30, 45]) * 1440), (*plain, *tested))


def _rare(chance: random.Random) -> str:
    """A schedule of one or two starts a day, often near midnight: each of them is executed."""
    hours = ",".join(str(chance.choice([0, 0, 1, 2, 3, 12, 22, 23, 23])) for _ in range(chance.choice([1, 1, 2])))
    return f"{chance.choice([0, 15, 30, 58])} {hours} * * {chance.choice(['*', '*', '1-5', '0,1'])}"


def day(minute: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(minutes=minute)).strftime("%Y-%m-%d")


def scanned(case: Case, folder: Path) -> tuple[list[dict[str, Any]], dict[str, Spec]]:
    """The jobs of the JSON, in the order of the lines, and the specs as they were written."""
    text = "".join(f"{schedule} {command.replace('%', chr(92) + '%')}\n" for schedule, command in case.lines)
    (folder / "table").write_text(text)
    window = ("--from", day(case.window.first), "--until", day(case.window.until))
    done = run(
        *("scan", "table", "--backend", case.way, "--timezone", case.zone, "--image", "x:1", "--out", "out"),
        *(*window, "--format", "json"),
        cwd=folder,
    )
    assert done.code == 0, done.err
    jobs = sorted(done.document["jobs"], key=lambda job: job["source"]["line"])
    specs = {}
    for path in (folder / "out" / "jobs").glob("*/ecs.yml"):
        specs[path.parent.name] = load_spec(path.read_text(), str(path))
    return jobs, specs


def before_of(case: Case, schedule: str, command: str, *, known: bool) -> list[int]:
    found = debian_starts(schedule, case.zone, case.window.first, case.window.until)
    if "date" not in command or not known:
        return found
    COUNTED["texts executed"] += len(found)
    kept = executed.ran(["/bin/sh", "-c", command], {"TZ": case.zone}, found)
    return [minute for minute, ran in zip(found, kept, strict=True) if ran]


def after_of(case: Case, spec: Spec, shell: list[str], *, known: bool) -> tuple[Counter[int], Counter[int]]:
    """The starts AWS makes, and those whose payload runs, all of it executed from the spec alone."""
    zone, guard = spec.schedule.timezone, spec.schedule.guard
    fired: Counter[int] = Counter()
    let: Counter[int] = Counter()
    for expression in spec.expressions:
        starts = registered.fires(expression, zone, case.window.first, case.window.until)
        fired.update(starts)
        let.update(_let_through(guard, starts, dates_of(expression), shell) if guard else starts)
    box = spec.containers[0]
    words = [*(box.entry_point or ()), *(box.command or ())]
    if "date" not in words[-1] or not known:
        return fired, let
    minutes = list(let.elements())
    COUNTED["texts executed"] += len(minutes)
    kept = executed.ran(words, dict(box.environment), minutes)
    return fired, Counter(minute for minute, ran in zip(minutes, kept, strict=True) if ran)


def wrong(case: Case, folder: Path) -> Iterator[str]:
    """What the JSON or the interpreter says otherwise than the referees."""
    jobs, specs = scanned(case, folder)
    assert len(jobs) == len(case.lines)
    chance = random.Random(case.zone + case.way)
    for (schedule, command), job in zip(case.lines, jobs, strict=True):
        where = f"{schedule} {command} | {case.zone} {case.way} {case.window} {job['target']}"
        said = {key: job["parity"][key] for key in ("before", "after", "lost", "extra", "moved")}
        spec = specs.get(job["name"])
        if spec is None:
            if said["before"] or said["after"] or list(before_of(case, schedule, command, known=True)):
                yield f"no spec, and {said}: {where}"
            continue
        one = Registered.of(spec)
        known = one.is_known
        fired, ran = after_of(case, spec, chance.choice(registered.SHELLS), known=known)
        counted = registered.parity(before_of(case, schedule, command, known=known), ran)
        if said != {key: counted[key] for key in said}:
            yield f"said {said}, is {counted}: {where}"
        moves = {each["minutes"]: each["runs"] for each in job["parity"]["moves"]}
        if moves != counted["moves"]:
            yield f"said {moves}, is {counted['moves']}: {where}"
        if Counter(listed(one.fired(case.window), case.window)) != fired:
            yield f"other starts: {where}"
        if known and Counter(listed(one.runs(case.window), case.window)) != ran:
            yield f"other runs: {where}"
        COUNTED.update(schedules=1, starts=sum(fired.values()), tested="date" in command, known=known)


COUNTED: Counter[str] = Counter()


def _let_through(guard: dict[str, Any], starts: list[int], by: str, shell: list[str]) -> list[int]:
    """By the guard's lines. What they say changes at a quarter of an hour only: there begin days, and clocks change there;
    so of each quarter the first and the last start are executed, and the others where those two differ."""
    quarters = [list(group) for _, group in groupby(starts, key=lambda minute: minute // 15)]
    ends = [minute for quarter in quarters for minute in (quarter[0], quarter[-1])]
    said = registered.by_shell(guard, [(minute, by) for minute in ends], shell)
    COUNTED["guards executed"] += len(ends)
    found = []
    for quarter, first, last in zip(quarters, said[::2], said[1::2], strict=True):
        each = [first] * len(quarter)
        if first != last:
            each = registered.by_shell(guard, [(minute, by) for minute in quarter], shell)
        found += [minute for minute, ran in zip(quarter, each, strict=True) if ran]
    return found


def test_every_count_is_what_happens(tmp_path: Path) -> None:
    if faketime_library() is None:
        pytest.skip("libfaketime is not installed")
    found = []
    for number, case in enumerate(cases()):
        folder = tmp_path / str(number)
        folder.mkdir()
        found += wrong(case, folder)
    print(json.dumps(COUNTED), len(found))
    assert not found, "\n".join(found[:20])


TEXT = "if [ $(date +%u) -lt 6 ]; then x; fi"


@pytest.mark.parametrize(
    ("box", "kind", "shell"),
    [
        ({"command": ["/bin/sh", "-c", TEXT]}, "runs", "dash"),
        ({"command": ["bash", "-lc", TEXT]}, "runs", "bash"),
        ({"command": ["bash", "-e", "-c", TEXT]}, "runs", "bash"),
        ({"command": ["bash", "-ec", TEXT]}, "runs", "bash"),
        ({"entryPoint": ["/bin/sh", "-c"], "command": [TEXT]}, "runs", "dash"),
        ({"entryPoint": ["/tini", "--"], "command": ["/bin/sh", "-c", TEXT]}, "runs", "dash"),
        ({"command": ["/bin/sh", "-c", TEXT, "sh", "argument"]}, "runs", "dash"),
        ({"command": ["/bin/sh", "-c", f"{{ {TEXT}\n}} <<'END'\ndata\nEND"]}, "runs", "dash"),
        ({"command": ["/bin/sh", "-c", f"cd /app && {TEXT}"]}, "runs", "dash"),
        ({"command": ["/bin/sh", "-c", f"exec sh -c '{TEXT}'"]}, "runs", "dash"),
        ({"command": ["/bin/sh", "-c", f"sleep 90; {TEXT}"]}, "runs", "dash"),
        (
            {"command": ["/bin/sh", "-c", '[ "$(date +%u) -lt 6 && x']},
            None,
            None,
        ),  # no shell takes it, so nothing is known
        ({"command": ["x", "-c", TEXT]}, "", None),
        ({"command": ["/bin/sh", "-c", "x --day $(date +%u)"]}, "", None),
        ({}, "", None),
    ],
)
def test_a_test_is_found_in_the_words_of_a_container(box: dict[str, Any], kind: str | None, shell: str | None) -> None:
    container = {"name": "app", "image": "a:1", "cpu": 256, "memory": 512} | box
    schedule = {"scheduleExpression": "cron(0 3 * * ? *)"}
    spec = {"type": "FARGATE", "name": "job", "containers": [container], "schedule": schedule}
    found = Registered.of(load_spec(json.dumps(spec), "ecs.yml"))
    assert found.is_known == (kind is not None)
    assert (found.test.kind if found.test else "") == (kind or "")
    if found.test and shell:
        assert found.test.shells == (shell,)
