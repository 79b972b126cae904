"""The report without a browser: its figures, the runs behind its pictures, its command, and what it never shows."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.expressions.judgement import Place
from converters.schedules.daemon import Window, listed
from converters.schedules.dialects import DIALECTS
from converters.schedules.minutes import ALL_MINUTES
from converters.schedules.schedule import parse_schedule
from converters.schedules.zones import iso
from converters.specs.model import load_spec
from converters.workflows.machine import Surroundings, state_machine
from migrate.document.model import Document
from migrate.document.to_json import as_mapping
from migrate.document.told import target_told
from migrate.report.costing import Where, cost_findings, cost_told, costs
from migrate.report.differences import bars, changes, differing_days, local_day, pairs
from migrate.report.figures import headline, next_steps, through, topics
from migrate.report.herd import Load, add, herd, larger, numbers, rotated
from migrate.report.html import render_html
from migrate.report.markdown import render_markdown
from migrate.report.masking import masked_spec
from migrate.report.spec_facts import spec_facts
from migrate.report.starts import fleet, spans
from migrate.report.week import week
from tests.cli import FIXTURES, run
from tests.documents import document_of
from tests.effort import examples

NEW_YORK = "America/New_York"


def minutes(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) // 60


WINDOW = Window(minutes("2027-01-01"), minutes("2029-01-01"))


def judged(name: str, schedule: str, zone: str = NEW_YORK, dialect: str = "debian", **more: Any) -> dict[str, Any]:
    """A job as the document tells it, from the engine's own judgement."""
    place = Place(ZoneInfo(zone), zone, WINDOW, DIALECTS[dialect])
    read = parse_schedule(schedule, DIALECTS[dialect])
    found = place.judge(read)
    parity = found.parity
    assert parity is not None
    return {
        "id": name,
        "name": name,
        "source": {"path": "etc/crontab", "line": 1},
        "user": "app",
        "schedule": schedule,
        "timezone": zone,
        "dialect": dialect,
        "line": f"{schedule} app {name}",
        "status": "ready" if parity.exact else "review",
        "target": as_mapping(target_told(found.target)),
        "parity": {
            "exact": parity.exact,
            "before": parity.before,
            "after": parity.after,
            "lost": parity.lost,
            "extra": parity.extra,
            "moved": parity.moved,
            "moves": [{"minutes": by, "runs": runs} for by, runs in sorted(parity.moves.items())],
            "first_differences": [],
        },
        "findings": [one.as_json() for one in found.findings],
        **more,
    }


def document(*jobs: dict[str, Any], zone: str = NEW_YORK, **more: Any) -> Document:
    return document_of(
        {
            "version": 1,
            "timezone": zone,
            "tzdata": "2025b",
            "window": {"from": iso(WINDOW.first), "until": iso(WINDOW.until)},
            "lines": {"total": len(jobs), "job": len(jobs)},
            "jobs": list(jobs),
            "problems": [],
            "skipped": [],
            **more,
        }
    )


SPEC = """\
type: "FARGATE"
cluster: "cron"
name: "{name}"
containers:
- name: app
  cpu: 256
  memory: 512
  image: registry.example.com/app:1
schedule:
  scheduleExpression: "cron(0 5 * * ? *)"
  taskCount: 1
"""

SCHEDULES = ["30 3 * * *", "*/5 * * * *", "10 2 * * *", "0 9-17 * * 1-5", "15 4 1 * *", "@hourly", "50 23 13 * 5"]


# --- the runs behind the pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [NEW_YORK, "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
def test_the_week_is_the_mean_of_the_starts_one_by_one(zone: str) -> None:
    found = fleet(document(*(judged(f"job{n}", text, zone) for n, text in enumerate(SCHEDULES)), zone=zone))
    assert len(found.runs) == len(SCHEDULES)
    first, until = found.year()
    assert (until - first) == 364 * 1440
    for side in ("before", "after"):
        starts = [list(getattr(runs, side)) for runs in found.runs]
        wanted: Counter[int] = Counter()
        for minute in (m for one in starts for m in listed(one, found.window) if first <= m < until):
            local = datetime.fromtimestamp(minute * 60, ZoneInfo(zone))
            wanted[local.isoweekday() % 7 * 24 + local.hour] += 1
        assert week(found, starts) == pytest.approx([wanted[hour] / 52 for hour in range(168)])


def test_the_herd_is_the_worst_minute_of_the_year() -> None:
    found = fleet(document(*(judged(f"job{n}", text) for n, text in enumerate(SCHEDULES))))
    loads = {"job1": Load(tasks=2, cpu=1024, minutes=1), "job0": Load(cpu=512, minutes=1)}
    first, until = found.year()
    tasks: dict[int, Counter[int]] = {}
    vcpu: Counter[int] = Counter()
    for runs in found.runs:
        load = loads.get(runs.job.name, Load(minutes=1))
        for minute in (m for m in listed(list(runs.after), found.window) if first <= m < until):
            tasks.setdefault(minute, Counter())[runs.job.name] += load.tasks
            vcpu[minute] += load.tasks * load.cpu
    seen = herd(found, {f"job{n}": loads.get(f"job{n}", Load(minutes=1)) for n in range(len(SCHEDULES))})
    most = max(one.total() for one in tasks.values())
    assert seen.most == most
    assert seen.most_vcpu == pytest.approx(max(vcpu.values()) / 1024)
    assert seen.busiest[0].tasks == most
    assert set(seen.busiest[0].jobs) in [set(one) for one in tasks.values() if one.total() == most]
    assert len(seen.started) == len(seen.vcpu) == 1440


def test_a_task_that_runs_for_minutes_adds_up() -> None:
    found = fleet(document(judged("a", "*/5 * * * *", "UTC"), zone="UTC"))
    assert herd(found, {"a": Load(minutes=5)}).most_vcpu == 0.25
    assert herd(found, {"a": Load(minutes=6)}).most_vcpu == 0.5
    assert herd(found, {"a": Load(minutes=30)}).most_vcpu == 1.5


@examples(100)
@given(st.lists(st.tuples(st.integers(0, ALL_MINUTES), st.integers(0, 9)), max_size=6))
def test_binary_planes_count(added: list[tuple[int, int]]) -> None:
    planes: list[int] = []
    for mask, weight in added:
        add(planes, mask, weight)
    assert numbers(planes) == tuple(sum(w for m, w in added if m >> minute & 1) for minute in range(1440))


@examples(100)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_the_larger_of_two(values: list[tuple[int, int]]) -> None:
    one: list[int] = []
    other: list[int] = []
    for minute, (left, right) in enumerate(values):
        add(one, 1 << minute, left)
        add(other, 1 << minute, right)
    assert numbers(larger(one, other))[: len(values)] == tuple(map(max, values))


@examples(100)
@given(st.integers(0, ALL_MINUTES), st.integers(-2000, 2000))
def test_turning_a_day(mask: int, by: int) -> None:
    assert rotated(rotated(mask, by), -by) == mask
    assert all(rotated(mask, by) >> (minute + by) % 1440 & 1 == mask >> minute & 1 for minute in (0, 1, 719, 1439))


@examples(100)
@given(st.integers(0, 5000), st.integers(0, 5000))
def test_spans_are_their_minutes(one: int, other: int) -> None:
    first, until = sorted((one, other))
    held = [
        (day + 0) * 1440 + minute
        for days, mask in spans(first, until, 0)
        for day in range(days.bit_length())
        if days >> day & 1
        for minute in range(1440)
        if mask >> minute & 1
    ]
    assert sorted(held) == list(range(first, until))


@pytest.mark.parametrize("schedule", [*SCHEDULES, "* */6 * * *", "0 0 * * 0", "30 1,2 * * *"])
def test_stretches_hold_exactly_the_days_that_differ(schedule: str) -> None:
    job = judged("a", schedule)
    runs = fleet(document(job)).runs[0]
    days = differing_days(runs.before, runs.after)
    was, now = (Counter(listed(list(side), WINDOW)) for side in (runs.before, runs.after))
    wanted = {minute // 1440 - WINDOW.base for minute in ((was - now) + (now - was))}
    assert {day for day in range(days.bit_length()) if days >> day & 1} == wanted
    found = bars(runs, WINDOW)
    assert all(one.first_day - WINDOW.base in wanted and one.last_day - WINDOW.base in wanted for one in found)
    inside = {day - WINDOW.base for one in found for day in range(one.first_day, one.last_day + 1)}
    assert inside >= {day for day in wanted if day < 733}
    moved = {one["minutes"] for one in job["parity"]["moves"]}
    assert {by for one in found for by in one.moves} <= moved or len(moved) > 2
    assert any(one.lost for one in found) == bool(job["parity"]["lost"])


def test_pairs_number_what_the_proof_counts() -> None:
    for schedule in [*SCHEDULES, "0,20,40 8-20 * * *", "*/30 0-5 * * 1-5"]:
        job = judged("a", schedule)
        runs = fleet(document(job)).runs[0]
        found = pairs(listed(list(runs.before), WINDOW), listed(list(runs.after), WINDOW))
        assert sum(1 for one in found if one.is_ is None) == job["parity"]["lost"]
        assert sum(1 for one in found if one.was is None) == job["parity"]["extra"]
        assert len(found) == sum(job["parity"][key] for key in ("lost", "extra", "moved"))


def test_days_around_the_clock_changes() -> None:
    runs = fleet(document(judged("a", "30 2 * * *"))).runs[0]
    spring, autumn = changes(runs, WINDOW)
    assert iso(spring.at) == "2027-03-14T07:00:00Z"
    assert [(lane.until - lane.first) // 60 for lane in spring.lanes] == [24, 23, 24]
    assert [(lane.until - lane.first) // 60 for lane in autumn.lanes] == [24, 25, 24]
    # Debian catches up at 03:00 EDT what fell into the gap; the rule starts at 06:30Z.
    day = spring.lanes[1]
    assert list(map(iso, day.before)) == ["2027-03-14T07:00:00Z"]
    assert list(map(iso, day.after)) == ["2027-03-14T06:30:00Z"]
    assert [(one.was, one.is_) for one in day.differences] == [(day.before[0], day.after[0])]
    assert changes(fleet(document(judged("a", "30 2 * * *", "Asia/Tokyo"))).runs[0], WINDOW) == []


def test_local_days_have_23_24_or_25_hours() -> None:
    zone = ZoneInfo(NEW_YORK)
    for day, hours in (("2027-03-14", 23), ("2027-11-07", 25), ("2027-06-01", 24)):
        first, until = local_day(zone, minutes(day) + 18 * 60)
        assert until - first == hours * 60
        assert datetime.fromtimestamp(first * 60, zone).isoformat()[:16] == f"{day}T00:00"


def test_no_picture_is_drawn_of_runs_that_the_proof_did_not_count() -> None:
    job = judged("a", "30 2 * * *")
    job["parity"]["before"] += 1
    assert fleet(document(job)).undrawn == ["a"]
    assert fleet(document(job)).runs == []
    guarded = judged("b", "0 0 13 * 5")
    assert guarded["target"]["guard"] is not None
    assert len(fleet(document(guarded)).runs) == 1


def test_a_test_of_the_date_narrows_the_runs_of_its_picture(tmp_path: Path) -> None:
    line = '50 23 28-31 * * [ "$(date -d tomorrow +\\%d)" = "01" ] && /opt/close\n'
    done = run("scan", "-", "--timezone", NEW_YORK, "--format", "json", cwd=tmp_path, data=line.encode())
    found = fleet(document_of(done.document))
    assert found.undrawn == []
    assert sum(one.days.bit_count() for one in found.runs[0].before) == 120


# --- figures ----------------------------------------------------------------------------------------------------------


def test_the_headline_counts_each_job_once() -> None:
    exact, moved = judged("a", "*/5 * * * *"), judged("b", "30 3 * * *")
    boot = {**exact, "name": "c", "status": "blocked", "parity": {}, "target": {}}
    found = headline(document(exact, moved, boot))
    assert (found.jobs, found.exact, found.differ, found.uncompared) == (3, 1, 1, 1)
    assert (found.ready, found.review, found.blocked, found.attention) == (1, 1, 1, 2)
    assert found.through == "2028"
    assert headline(document_of({"jobs": []})).jobs == 0


def test_the_sentence_of_the_image_names_what_its_own_jobs_need(tmp_path: Path) -> None:
    lines = b"0 1 * * * /app/bin/a\n0 2 * * * tar czf /backup/x.tgz /srv/data\n0 3 * * * /app/bin/a b\n"
    done = run("scan", "-", "--timezone", "UTC", "--format", "json", cwd=tmp_path, data=lines)
    found = headline(document_of(done.document))
    assert (found.for_image, found.held) == (2, ("/app/bin/a",))


@pytest.mark.parametrize(("until", "year"), [("2036-01-01T00:00:00Z", "2035"), ("2036-05-03", "2036-05-02"), ("", "")])
def test_through(until: str, year: str) -> None:
    assert through(until) == year


def test_topics_are_errors_first_and_the_common_ones_before_the_rare() -> None:
    def finding(code: str, severity: str) -> dict[str, str]:
        return {"code": code, "severity": severity, "message": "m", "help": "h"}

    job = judged("a", "*/5 * * * *")
    jobs = [
        {**job, "name": "a", "findings": [finding("C301", "warning"), finding("C404", "info")]},
        {**job, "name": "b", "findings": [finding("C301", "warning"), finding("C302", "warning")]},
        {**job, "name": "c", "findings": [finding("C201", "error"), finding("C999", "error")]},
    ]
    found = topics(document(*jobs))
    assert [(one.code, one.jobs) for one in found] == [
        ("C201", ("c",)),
        ("C999", ("c",)),
        ("C301", ("a", "b")),
        ("C302", ("b",)),
    ]


def test_next_steps_fit_what_is_open() -> None:
    exact = judged("a", "*/5 * * * *")
    calm = next_steps(document(exact), without_image=0, placeholders=[], environment="prod")
    assert [step.command for step in calm] == ["cron2fargate register -e prod --rehearse", "cron2fargate plan -e prod"]
    busy = next_steps(
        document(exact, judged("b", "30 3 * * *"), problems=[{}]),
        without_image=2,
        placeholders=["x"],
        environment=None,
    )
    assert [step.command for step in busy][:2] == [None, "cron2fargate review"]
    assert "2 jobs" in busy[2].words
    assert next_steps(document(), without_image=0, placeholders=[], environment=None) == []


# --- costs of a workspace ---------------------------------------------------------------------------------------------

SPECS = [
    ("lock: nightly\ntimeout: 600\n", {"lock": "nightly", "limit": 600.0, "transitions": 6}),
    ("lock: {name: n, wait: forever}\n", {"lock": "n", "transitions": 6}),
    ("timeout: {seconds: 30}\n", {"limit": 30.0, "transitions": 4}),
    ("retry: {attempts: 2}\n", {"transitions": 4}),
    ("lock: n\ntimeout: 5\nonce: true\n", {"transitions": 7}),
    ("once: true\n", {"transitions": 5}),
    ("", {"plain": True, "transitions": 0}),
    ("start: task\n", {"plain": False, "transitions": 0}),
    ("start: workflow\n", {"plain": False, "transitions": 4}),
    ("success: [0]\n", {"plain": True}),
    ("success: [0, 1]\n", {"plain": False, "transitions": 4}),
    ("success: [{}]\n", {"plain": False}),
    ("service: {}\n", {"plain": False}),
    ("capacityProvider: FARGATE_SPOT\n", {"spot": True}),
    ("capacityProviderStrategy: [{capacityProvider: FARGATE_SPOT, weight: 1}]\n", {"spot": True}),
    (
        "capacityProviderStrategy: [{capacityProvider: FARGATE_SPOT, weight: 1}, {capacityProvider: FARGATE}]\n",
        {"spot": False},
    ),
    ("architecture: ARM64\n", {"architecture": "ARM64"}),
    ("service: {}\n", {"service": 1}),
    ("service: {desiredCount: 3}\n", {"service": 3}),
    ("after: [other]\n", {"after": ("other",), "transitions": 4}),
]


@pytest.mark.parametrize(("more", "wanted"), SPECS)
def test_facts_of_a_spec(more: str, wanted: dict[str, Any]) -> None:
    found = spec_facts(SPEC.format(name="a") + more)
    assert {key: getattr(found, key) for key in wanted} == wanted
    assert found.image == "registry.example.com/app:1"
    assert found.expressions == ("cron(0 5 * * ? *)",)


@pytest.mark.parametrize(
    "more",
    [
        "start: workflow\n",
        "success: [0, 1]\n",
        "timeout: 60\n",
        "lock: x\ntimeout: 60\n",
        "once: true\n",
        "lock: x\ntimeout: 9\nonce: true\n",
    ],
)
def test_transitions_are_those_of_the_state_machine(more: str) -> None:
    text = SPEC.format(name="a") + more
    states = state_machine(load_spec(text, "a"), Surroundings("o", {"Cluster": "c"}, "t"))["States"]
    name, walked = next(iter(states)), 1
    while states[name]["Type"] != "Succeed":
        name = states[name].get("Next") or states[name]["Default"]
        walked += 1
    assert spec_facts(text).transitions == walked + 1


def test_a_job_after_others_runs_as_often_as_the_rarest() -> None:
    jobs = [judged(name, text, "UTC") for name, text in (("a", "@hourly"), ("b", "0 5 * * *"), ("c", "0 6 * * *"))]
    specs = {"c": SPEC.format(name="c").split("schedule:")[0] + "after: [a, b]\n"}
    found = costs(document(*jobs, zone="UTC"), specs, Where("us-east-1"))
    assert found.jobs["c"].use.runs == pytest.approx(730 / 24)
    loop = {name: SPEC.format(name=name).split("schedule:")[0] + f"after: [{other}]\n" for name, other in ("bc", "cb")}
    assert set(costs(document(*jobs, zone="UTC"), loop, Where("us-east-1")).jobs) == {"a"}


@pytest.mark.parametrize("text", ["", "- a\n", "{", "a: &a [*a]\n", "containers: 5\n", "schedule: [1]\n", "\x00"])
def test_a_spec_that_cannot_be_read_costs_as_the_smallest(text: str) -> None:
    found = spec_facts(text)
    assert (found.size.cpu, found.size.memory) == (256, 512)


def test_sidecars_add_to_the_size() -> None:
    assert spec_facts(SPEC.format(name="a"), (256, 512)).size.cpu == 512


def test_costs_follow_the_ecs_yml_and_name_what_is_dear() -> None:
    every = judged("every", "* * * * *", "UTC")
    daily = judged("daily", "0 5 * * *", "UTC")
    specs = {
        "daily": SPEC.format(name="daily").replace("taskCount: 1", "taskCount: 3")
    }  # no workflow could start three
    found = costs(document(every, daily, zone="UTC"), specs, Where("us-east-1"))
    assert found.jobs["every"].use.runs == pytest.approx(43_800)
    assert found.jobs["daily"].use.runs == pytest.approx(3 * 730 / 24)
    said = cost_findings(found)
    assert [one.code for one in said["every"]] == ["C640"]
    assert [one.code for one in said[""]] == ["C641"]
    assert "daily" not in said
    told: dict[str, Any] = as_mapping(cost_told(found))  # type: ignore[assignment]
    assert told["total"] == pytest.approx(sum(job["total"] for job in told["jobs"]), abs=1e-3)
    assert {price["key"] for price in told["prices"]} >= {"fargate.vcpu-hour", "nat.gb"}
    json.dumps(told)
    assert [one.code for one in cost_findings(costs(document(daily), {}, Where("eu-west-1")))[""]] == ["C641", "C642"]


PLAIN_JOBS: list[tuple[dict[str, str], dict[str, Any], str | None]] = [
    # 730 / 24 starts a month, four transitions each, at 0.025 USD for a thousand
    ({"a": ""}, {}, "1 job starts its task without a workflow: .* costs 0.00 USD a month at most"),
    ({"a": "", "m": ""}, {}, "2 jobs start their tasks without a workflow: .* for them costs 4.38 USD a month at most"),
    ({"a": "", "m": "timeout: 5\n"}, {}, "1 job starts"),
    ({"a": "", "m": "start: task\n"}, {}, "1 job starts"),
    ({"a": "start: workflow\n", "m": "lock: x\n"}, {}, None),
    # the workflow of the job before starts the one behind
    ({"m": "", "a": "after: [m]\n"}, {}, None),
    ({"a": "", "m": ""}, {"workflows": True}, None),
    ({"a": "", "m": "start: task\n"}, {"workflows": True}, None),
]


@pytest.mark.parametrize(("more", "place", "said"), PLAIN_JOBS)
def test_plain_targets_are_said_once(more: dict[str, str], place: dict[str, Any], said: str | None) -> None:
    jobs = [judged(name, "* * * * *" if name == "m" else "0 5 * * *", "UTC") for name in more]
    specs = {name: SPEC.format(name=name) + text for name, text in more.items()}
    specs |= {"m": specs["m"].replace("cron(0 5 * * ? *)", "cron(* * * * ? *)")} if "m" in specs else {}
    specs = {
        name: text.split("schedule:")[0] + more[name] if "after" in more[name] else text for name, text in specs.items()
    }
    found = [
        one.message
        for one in cost_findings(costs(document(*jobs, zone="UTC"), specs, Where("us-east-1", **place)))[""]
        if one.code == "C643"
    ]
    assert len(found) == (said is not None)
    assert said is None or re.search(said, found[0])


def test_a_measured_length_is_taken() -> None:
    job = judged("a", "0 5 * * *", history={"durations": {"p50": 3600.0, "p95": 4000.0, "max": 5000.0}})
    found = costs(document(job), {}, Where("us-east-1")).jobs["a"]
    assert found.known == "measured"
    assert found.billed == pytest.approx(3609.677, abs=0.01)


# --- the page ---------------------------------------------------------------------------------------------------------


class Balance(HTMLParser):
    """Whether every element is closed where it must be."""

    VOID = frozenset(["meta", "link", "br", "input", "img", "hr"])

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def render(*jobs: dict[str, Any], specs: dict[str, str] | None = None, **more: Any) -> str:
    page = render_html(document(*jobs, **more), specs or {}, language="en")
    balance = Balance()
    balance.feed(page)
    assert balance.stack == []
    assert "{n}" not in page.replace('data-words="{shown} of {total} jobs"', "")
    return page


def test_a_page_of_no_job_and_of_the_least_document() -> None:
    assert "No job was found" in render()
    least = {
        "id": "a",
        "name": "a",
        "source": {"path": "p", "line": 1},
        "schedule": "@reboot",
        "timezone": "UTC",
        "dialect": "debian",
        "line": "@reboot a",
    }
    assert 'id="job-a"' in render(least)


def test_a_page_of_all_kinds_of_jobs() -> None:
    jobs = [judged(f"job{n}", text) for n, text in enumerate(SCHEDULES)]
    specs = {job["name"]: SPEC.format(name=job["name"]) + "lock: shared\n" for job in jobs[:3]}
    page = render(
        *jobs,
        specs=specs,
        problems=[{"path": "p", "line": 2, "text": "61 * * * * x", "code": "C101", "message": "bad minute"}],
        skipped=[{"path": "q", "reason": "a dot in its name", "code": "C110"}],
        sources=[{"path": "p", "kind": "user", "dialect": "debian", "user": "app", "sha256": "0" * 64, "dead": True}],
    )
    assert page.count("<tbody id=") == len(jobs)
    assert "Jobs joined to the same lock never run at once." in page
    assert "ignored by its daemon as a whole" in page
    assert "Not made into jobs" in page
    assert "at 03:30" in page
    assert "−1 h" in page


def test_two_hundred_jobs_stay_below_two_megabytes() -> None:
    known = [judged(f"kind{n}", text) for n, text in enumerate([*SCHEDULES, "0,20,40 8-20 * * *", "*/10 6-22 * * 1-5"])]
    jobs = [{**known[n % len(known)], "name": f"application-worker-{n}"} for n in range(200)]
    specs = {job["name"]: SPEC.format(name=job["name"]) for job in jobs}
    assert len(render_html(document(*jobs), specs).encode()) < 2_000_000


def test_the_page_is_the_same_each_time() -> None:
    jobs = [judged(f"job{n}", text) for n, text in enumerate(SCHEDULES)]
    assert render(*jobs) == render(*jobs)


def test_a_secret_that_a_developer_wrote_is_not_shown() -> None:
    spec = SPEC.format(name="a").replace(
        "schedule:",
        "  environment:\n"
        '    WEBHOOK_URL: "https://hooks.slack.com/services/T000AAAA1/B000BBBB1/abcdefGHIJ1234567890klmn"\n'
        "    DB_PASSWORD: correct-horse-9\n"
        "  secrets:\n"
        "    API_TOKEN: arn:aws:ssm:us-east-1:123456789012:parameter/app/token\n"
        "schedule:",
    )
    page = render(judged("a", "0 5 * * *"), specs={"a": spec})
    assert "abcdefGHIJ1234567890klmn" not in page
    assert "correct-horse-9" not in page
    assert "arn:aws:ssm:us-east-1:123456789012:parameter/app/token" in page
    assert masked_spec(SPEC) == SPEC


def test_in_japanese_the_page_says_so() -> None:
    page = render_html(document(judged("a", "30 3 * * *")), {}, language="ja")
    assert '<html lang="ja">' in page


def test_the_page_asks_for_nothing_from_anywhere() -> None:
    page = render(*(judged(f"job{n}", text) for n, text in enumerate(SCHEDULES)))
    assert not re.search(r"<(?:link|img|iframe|object|embed|form)\b", page)
    assert not re.search(r"""(?:src|href|action)=["'](?!#)""", page)
    assert "@import" not in page
    assert "url(" not in page


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scanned")
    options = ("--timezone", "Europe/Berlin", "--from", "2027-01-01", "--image", "registry.example.com/shop:1.4")
    assert run("scan", str(FIXTURES / "legacy-rails"), *options, cwd=place).code == 0
    return place


def test_report_writes_three_files_and_again_the_same(scanned: Path) -> None:
    first = run("report", "--open", "no", cwd=scanned)
    assert first.code == 0, first.err
    found = {name: (scanned / "migration" / name).read_bytes() for name in ("report.html", "report.md", "report.json")}
    assert json.loads(found["report.json"])["cost"]["total"] > 0
    assert b"## Cost" in found["report.md"]
    assert run("report", "--open", "no", cwd=scanned).code == 0
    assert {name: (scanned / "migration" / name).read_bytes() for name in found} == found


def test_assumptions_and_prices_change_the_cost(scanned: Path, tmp_path: Path) -> None:
    def total(*options: str) -> float:
        done = run("report", "--format", "json", "--open", "no", *options, cwd=scanned)
        assert done.code == 0, done.err
        found: float = json.loads((scanned / "migration" / "report.json").read_text())["cost"]["total"]
        return found

    plain = total()
    assert total("--run-seconds", "3600") > 5 * plain
    settings = scanned / "migration" / "cron2fargate.yml"
    before = settings.read_text()
    try:
        settings.write_text(before.replace("    retry:", "    prices: {fargate.vcpu-hour: 50}\n    retry:", 1))
        assert total() > 50 * plain
        settings.write_text(before.replace("    retry:", "    prices: {fargate.cpu: 1}\n    retry:", 1))
        refused = run("report", "--open", "no", cwd=scanned)
        assert refused.code == 2
        assert "'fargate.cpu' is no price" in refused.err
    finally:
        settings.write_text(before)
    assert total() == plain


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "run 'cron2fargate scan' first"),
        ("{", "not JSON"),
        ("[]", "not a report"),
        ('{"version": 2, "jobs": []}', "not a report"),
        ('{"version": 1, "window": {"from": "2027-01-01", "until": "2028-01-01"}, "jobs": [{}]}', "not a report"),
        (
            '{"version": 1, "window": {"from": "2027-01-01", "until": "2028-01-01"}, "jobs": [{"name": "../../x", '
            '"source": {}, "schedule": "", "timezone": "", "dialect": "", "line": ""}]}',
            "not a report",
        ),
    ],
)
def test_what_is_no_workspace_is_said_in_one_sentence(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "migration").mkdir()
        (tmp_path / "migration" / "report.json").write_text(content)
    done = run("report", "--open", "no", cwd=tmp_path)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1


def test_an_environment_that_is_not_there(scanned: Path) -> None:
    done = run("report", "-e", "moon", "--open", "no", cwd=scanned)
    assert done.code == 2
    assert "no environment 'moon'" in done.err


def test_markdown_tells_the_cost() -> None:
    found = document(judged("every", "* * * * *", "UTC"), zone="UTC")
    found = replace(found, cost=cost_told(costs(found, {}, Where("us-east-1"))))
    text = render_markdown(found)
    assert "about **$" in text
    assert re.search(r"^\| Fargate \| \$10\.\d\d \|$", text, re.M)
    assert "- `every`: it starts every minute" in text
    assert "Images pulled through a NAT gateway would add" in text
