"""The definition of a workflow: its shape, its times, and what it refuses."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statelint.config import Config
from statelint.linter import Linter

from converters.expressions.guards import guard_script
from converters.specs.gaps import retry_age, shortest_gap
from converters.specs.model import Container, Spec, load_spec
from converters.specs.strict_yaml import ProblemsError
from converters.workflows import statuses
from converters.workflows.followers import Follower, first_jobs, order_problems
from converters.workflows.locks import RELEASE, RELEASE_FAILED
from converters.workflows.machine import (
    DONE,
    FAILED,
    MAX_DEFINITION,
    RUN,
    STOP,
    TELL,
    Surroundings,
    as_text,
    needs_machine,
    needs_table,
    state_machine,
)
from converters.workflows.parts import quoted
from converters.workflows.rounds import never_together
from converters.workflows.starts import guard_condition
from converters.workflows.times import StateMachineError, lease, longest_run, pauses
from tests.aws.sfn_shim import evaluate
from tests.effort import examples

TASK = {
    "Cluster": "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cron",
    "TaskDefinition": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/job:1",
    "LaunchType": "FARGATE",
    "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]}},
}
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:failures"
GUARD = {"offset": 540, "daysOfMonth": "13", "months": "*", "daysOfWeek": "FRI", "rule": "or"}


def spec(**more: Any) -> Spec:
    container = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1", "command": ["x"]}
    schedule = {"scheduleExpression": "cron(0 3 * * ? *)", **more.pop("schedule", {})}
    value = {"type": "FARGATE", "cluster": "cron", "name": "job", "containers": [container | more.pop("container", {})]}
    return load_spec(json.dumps(value | ({} if "after" in more else {"schedule": schedule}) | more), "job.yml")


def around(*followers: Follower, topic: str | None = None) -> Surroundings:
    return Surroundings("web1", TASK, "locks", topic=topic, followers=followers)


def follower(name: str, *leads: str) -> Follower:
    return Follower(name, f"arn:aws:states:ap-northeast-1:123456789012:stateMachine:{name}", leads or ("job",))


def lint(definition: dict[str, Any]) -> set[str]:
    """statelint reads it twice: once it does not know that a number may be JSONata, once that a condition may be; what
    both readings complain of is wrong."""
    plain = Linter.validate(definition)
    evaluated = Linter.validate(definition, Config(evaluate_jsonata=True))
    return set(plain) & set(evaluated)


def nexts(state: dict[str, Any]) -> Iterator[str]:
    for part in (state, *state.get("Catch", []), *state.get("Choices", [])):
        for key in ("Next", "Default"):
            if key in part:
                yield part[key]


def reachable(definition: dict[str, Any], start: str, without: set[str] = frozenset()) -> set[str]:  # type: ignore[assignment]
    """Every state that can come after (and with) ``start``, when those of ``without`` lead nowhere."""
    seen, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in seen and name not in without:
            seen.add(name)
            todo += nexts(definition["States"][name])
    return seen


JOB_NAME = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
RETRIES = st.fixed_dictionaries(
    {"attempts": st.integers(1, 10)}, optional={"wait": st.integers(1, 86400), "backoff": st.floats(1, 10, width=16)}
)
LOCKS = st.fixed_dictionaries(
    {"name": st.from_regex(r"[A-Za-z0-9_.:/-]{1,200}", fullmatch=True), "lease": st.just(30 * 86400)},
    optional={"wait": st.integers(0, 604800) | st.just("forever"), "runs": st.integers(1, 100)},
) | st.fixed_dictionaries(
    {"name": st.just("db"), "lease": st.just(30 * 86400), "shared": st.booleans()},
    optional={"wait": st.integers(0, 604800) | st.just("forever")},
)
GUARDS = st.fixed_dictionaries(
    {
        "offset": st.integers(-1440, 1440),
        "daysOfMonth": st.sampled_from(["*", "13", "1,15,31"]),
        "months": st.sampled_from(["*", "2", "1,12"]),
        "daysOfWeek": st.sampled_from(["*", "FRI", "SAT,SUN"]),
        "rule": st.sampled_from(["and", "or"]),
    }
)
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "lock": LOCKS,
        "timeout": st.fixed_dictionaries(
            {"seconds": st.integers(1, 3600)}, optional={"killAfter": st.integers(2, 120)}
        ),
        "retry": RETRIES,
        "once": st.just(True),
        "success": st.sampled_from([[0], [0, 1], [0, 24, 25]]),
        "schedule": st.fixed_dictionaries({"guard": GUARDS}),
        "container": st.sampled_from([{}, {"entryPoint": ["/bin/sh", "-c"]}, {"entryPoint": ["/tini", "--"]}]),
    },
)
FOLLOWERS = st.lists(st.tuples(JOB_NAME, st.booleans()), max_size=4, unique_by=lambda item: item[0])


@given(WISHES, FOLLOWERS, st.booleans())
@examples(150)
def test_every_shape_is_sound(wishes: dict[str, Any], names: list[tuple[str, bool]], told: bool) -> None:
    """statelint finds nothing, every state can be reached, and no ending after the lock was taken forgets it."""
    followers = [follower(name, *(("job", "other") if joined else ("job",))) for name, joined in names]
    try:
        definition = state_machine(spec(**wishes), around(*followers, topic=TOPIC if told else None))
    except StateMachineError as error:
        assert "shorter than a run may take" in str(error) or "at most; lower" in str(error)
        return
    states = definition["States"]
    assert lint(definition) == set()
    assert json.loads(as_text(definition)) == definition
    assert reachable(definition, definition["StartAt"]) == set(states)
    assert max(map(len, states)) <= 80
    assert all(state.get("Comment") for state in states.values())
    if wishes.get("lock"):
        forgetful = reachable(definition, RUN, without={RELEASE, RELEASE_FAILED})
        assert not {name for name in forgetful if states[name]["Type"] in {"Succeed", "Fail"}}
    for state in states.values():
        _check_expressions(state.get("Arguments", {}))


def _check_expressions(arguments: dict[str, Any]) -> None:
    """DynamoDB refuses names and values that no expression uses, and expressions that use others."""
    used = " ".join(str(arguments.get(key, "")) for key in ("ConditionExpression", "UpdateExpression"))
    given = {*arguments.get("ExpressionAttributeNames", {}), *arguments.get("ExpressionAttributeValues", {})}
    if arguments.get("TableName"):
        assert set(re.findall(r"[#:]\w+", used)) == given


def test_a_definition_stays_far_below_the_limit() -> None:
    followers = [follower(f"{'f' * 60}{number}", "job", *"abcdefghi") for number in range(20)]
    largest = spec(
        lock={"name": "x" * 200, "wait": 10, "shared": True},
        timeout=60,
        retry={"attempts": 10},
        once=True,
        schedule={"guard": GUARD},
    )
    assert len(as_text(state_machine(largest, around(*followers, topic=TOPIC))).encode()) < MAX_DEFINITION / 5


@pytest.mark.parametrize(
    ("wishes", "needs", "table"),
    [
        ({}, False, False),
        ({"notify": {"email": ["a@example.com"]}}, False, False),
        ({"lock": "x", "timeout": 9}, True, True),
        ({"timeout": 9}, True, False),
        ({"retry": {"attempts": 1}}, True, False),
        ({"once": True}, True, True),
        ({"after": ["a"]}, True, False),
        ({"success": [0]}, False, False),
        ({"success": [1, 0]}, True, False),
    ],
)
def test_what_needs_a_workflow(wishes: dict[str, Any], needs: bool, table: bool) -> None:
    assert (needs_machine(spec(**wishes)), needs_table(spec(**wishes))) == (needs, table)
    assert needs_machine(spec(**wishes), [follower("b")])
    assert needs_table(spec(**wishes), [follower("b", "job", "c")])


def test_the_plainest_workflow_has_five_steps() -> None:
    definition = state_machine(spec(lock="db", timeout=3600), around())
    states = definition["States"]
    path, name = [definition["StartAt"]], definition["StartAt"]
    while name != DONE:
        name = states[name].get("Next") or states[name]["Default"]
        path.append(name)
    assert path == ["What is to be done?", "Take the lock", RUN, RELEASE, DONE]
    assert definition["Comment"] == (
        "Job job of web1, made by cron2fargate. Holds lock db for 4565 s, else skips; ends after 3600 s"
    )
    assert states[RUN]["TimeoutSeconds"] == 3600 + 120
    assert states[STOP]["Seconds"] == 35
    assert "TimeoutSeconds" not in definition  # it would end the execution without a Catch, so with the lock held
    assert TELL not in states
    assert states[FAILED]["Type"] == "Fail"


# seconds: 1 run 120 + its limit; capacity 600 of pauses and 150 of calls; the stop 35; the margin 60
@pytest.mark.parametrize(
    ("wishes", "seconds"),
    [
        ({"timeout": 3600}, 3720 + 750 + 35 + 60),
        ({"timeout": {"seconds": 3600, "killAfter": 120}}, 3720 + 750 + 125 + 60),
        ({"timeout": 60, "retry": {"attempts": 2, "wait": 100}}, 3 * 180 + 100 + 200 + 750 + 35 + 60),
        ({"timeout": 60, "retry": {"attempts": 2, "wait": 100}, "success": [0, 1]}, 3 * (180 + 750) + 300 + 35 + 60),
        ({"timeout": 60, "retry": {"attempts": 1, "wait": 1}}, 2 * 180 + 35 + 750 + 35 + 60),
        ({"timeout": 60, "retry": {"attempts": 2, "wait": 50000, "backoff": 10}}, 3 * 180 + 50000 + 86400 + 845),
    ],
)
def test_a_lease_outlives_the_longest_run(wishes: dict[str, Any], seconds: int) -> None:
    assert lease(spec(lock="db", **wishes)) == seconds


def test_a_longer_lease_is_taken_as_it_is_written() -> None:
    assert lease(spec(lock={"name": "db", "lease": 9999}, timeout=60)) == 9999
    assert lease(spec(lock={"name": "db", "lease": 60})) == 60


@given(WISHES)
@examples(60)
def test_pauses_and_retriers_agree(wishes: dict[str, Any]) -> None:
    job = spec(**wishes)
    try:
        definition = state_machine(job, around())
    except StateMachineError:
        return
    own = definition["States"][RUN]["Retry"][1:]
    if job.has_statuses:
        assert own == [], "a retry cannot look at the exit status"
        wait = definition["States"].get(statuses.PAUSE)
        assert (wait is not None) == (job.retry is not None)
        if wait is not None:
            waits = evaluate(wait["Seconds"][3:-3].removesuffix("[$tries]"), 0)
            assert (waits if isinstance(waits, list) else [waits]) == pauses(job)
        return
    if job.retry is None:
        assert own == []
        return
    (retrier,) = own
    delay, found = float(retrier["IntervalSeconds"]), []
    for _ in range(retrier["MaxAttempts"]):
        found.append(min(delay, retrier.get("MaxDelaySeconds", delay)))
        delay *= retrier["BackoffRate"]
    assert all(real <= planned for real, planned in zip(found, pauses(job), strict=True))
    if job.timeout:
        assert min(found) >= (job.timeout.kill_after or 30)  # the attempt before is still being stopped
        assert longest_run(job) is not None


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (
            {"lock": {"name": "db", "lease": 600}, "timeout": 600},
            "lock.lease of 600 s is shorter than a run may take (1565",
        ),
        ({"timeout": 60, "schedule": {"taskCount": 3}}, "taskCount 3 cannot go with"),
        ({"timeout": 40_000_000}, "a workflow lasts 365 days at most"),
        ({"timeout": 5_000_000, "retry": {"attempts": 9}}, "a run of 579 days"),
    ],
)
def test_what_a_workflow_cannot_do_is_refused(wishes: dict[str, Any], said: str) -> None:
    with pytest.raises(StateMachineError, match=re.escape(said)):
        state_machine(spec(**wishes), around())


def test_a_task_that_may_run_for_ever_has_no_limit() -> None:
    definition = state_machine(spec(once=True), around())
    assert "TimeoutSeconds" not in definition["States"][RUN]
    assert STOP not in definition["States"]


def test_a_year_of_waiting_fits_into_the_history_of_an_execution() -> None:
    """At most 26 events a look (a shared lock: four calls, two choices, one wait), and 25,000 in all."""
    wait = state_machine(spec(lock={"name": "db", "wait": "forever"}, timeout=60), around())["States"][
        "Wait for the lock"
    ]

    def pause(waited: int) -> int:
        states = {"context": {"Execution": {"StartTime": "2027-01-15T08:00:00.000Z"}}}
        expression = f"($states := {json.dumps(states)}; {wait['Seconds'][2:-2]})"
        return int(evaluate(expression, 1_800_000_000 + waited))

    assert [pause(waited) for waited in (0, 249, 251, 5000, 86400)] == [5, 5, 6, 100, 1728]
    waited, looks = 0, 0
    while waited < 365 * 86400:
        waited += max(5, -(-waited // 50))  # as the expression does
        looks += 1
    assert looks * 26 < 20_000


@given(GUARDS, st.integers(0, 1440 * 1500), st.sampled_from(["dom", "dow"]))
@examples(60)
def test_a_guard_decides_as_its_shell_lines_do(guard: dict[str, Any], minute: int, dates: str) -> None:
    import datetime

    moment = datetime.datetime(2026, 1, 1) + datetime.timedelta(minutes=minute)
    slot = moment.strftime("%Y-%m-%dT%H:%M:00Z")
    shell = subprocess.run(
        ["/bin/sh", "-c", guard_script(guard), "sh", "echo", "RAN"],
        env={"CRON2FARGATE_SLOT": slot, "CRON2FARGATE_DATES": dates, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    states = {"context": {"Execution": {"Input": {"slot": slot, "dates": dates}}}}
    assert evaluate(f"($states := {json.dumps(states)}; {guard_condition(guard)})", 0) is ("RAN" in shell.stdout)


def test_the_order_of_jobs() -> None:
    assert order_problems({"a": [], "b": ["a"], "c": ["a", "b"]}) == {}
    assert order_problems({"b": ["a"]}, known=["a"]) == {}
    assert order_problems({"b": ["a"]}) == {
        "b": "b runs after a, and there is no such job here; correct after, or name its ecs.yml too"
    }
    assert order_problems({"a": ["c"], "b": ["a"], "c": ["b"], "d": ["a"]})["a"] == (
        "a runs after c runs after b runs after a: a circle, so none would ever start; cut it in one place"
    )
    assert set(order_problems({"a": ["a"]})) == {"a"}
    assert first_jobs("d", {"b": ["a"], "c": ["a"], "d": ["b", "c"]}) == {"a"}


@pytest.mark.parametrize(
    ("one", "other", "never"),
    [
        ("cron(0 2 * * ? *)", "cron(0 2 * * ? *)", False),
        ("cron(0 2 * * ? *)", "cron(0 2 ? * MON *)", False),
        ("cron(0 2 * * ? *)", "cron(30 2 * * ? *)", True),
        ("cron(0 2 ? * SUN *)", "cron(0 2 ? * MON *)", True),
        ("cron(0 2 * * ? *)", "rate(1 minute)", False),
        ("cron(0 2 * * ? *)", "rate(5 minutes)", False),
    ],
)
def test_jobs_that_never_meet_are_seen(one: str, other: str, never: bool) -> None:
    assert never_together([[([one], None)], [([other], None)]]) is never
    assert never_together([[([one], "Asia/Tokyo")], [([other], None)]]) is False


@pytest.mark.parametrize(
    ("expressions", "zone", "gap", "age"),
    [
        (["rate(1 minute)"], None, 60, 60),
        (["rate(5 minutes)"], None, 300, 240),
        (["cron(0/2 * * * ? *)"], None, 120, 60),
        (["cron(0 2 * * ? *)"], None, 86400, 900),
        (["cron(0 2 1 * ? *)"], None, 86400, 900),
        (["cron(0 2 * * ? *)", "cron(10 2 ? * MON *)"], None, 600, 540),
        (["cron(55 23 ? * SUN *)", "cron(5 0 ? * MON *)"], None, 600, 540),
        (["cron(55 23 ? * SUN *)", "cron(5 0 ? * TUE *)"], None, 86400, 900),
        (["cron(0 1,4 * * ? *)"], "America/New_York", 7200, 900),
        (["cron(0 1,4 * * ? *)"], "Asia/Tokyo", 10800, 900),
        (["cron(50 1 * * ? *)", "cron(0 3 * * ? *)"], "America/New_York", 600, 540),
        (["cron(50 1 * * ? *)", "cron(0 3,12 * * ? *)", "cron(30 12 * * ? *)"], "America/New_York", 600, 540),
        (["cron(50 1 * * ? *)", "cron(0 3 * * ? *)"], "Asia/Tokyo", 4200, 900),
        (["rate(2 hours)"], "America/New_York", 7200, 900),
        (["cron(0 2 * * ? *)", "rate(1 day)"], None, 60, 60),
        (["at(2027-01-01T00:00:00)"], "Asia/Tokyo", 86400, 900),
    ],
)
def test_a_start_is_given_up_before_the_next_is_due(
    expressions: list[str], zone: str | None, gap: int, age: int
) -> None:
    assert (shortest_gap(expressions, zone), retry_age(expressions, zone, 900)) == (gap, age)


def test_the_gap_is_that_of_the_runs_themselves() -> None:
    """Against all starts of three weeks, minute by minute."""
    from itertools import pairwise

    from converters.expressions.eventbridge import Cron, parse, starts
    from converters.schedules.fields import members

    tables = [
        ["cron(7,9 3 * * ? *)", "cron(0/20 1-3 ? * MON-FRI *)"],
        ["cron(58 23 ? * SUN *)", "cron(1 0 ? * MON *)", "cron(30 12 ? * WED *)"],
        ["cron(0 0/6 * * ? *)", "cron(45 5 * * ? *)"],
    ]
    first = 20_000
    for table in tables:
        minutes = set()
        for cron in map(parse, table):
            assert isinstance(cron, Cron)
            days, of_day = starts(cron)
            minutes |= {
                (day - first) * 1440 + m for day in range(first, first + 21) if days >> day & 1 for m in members(of_day)
            }
        assert shortest_gap(table) == min(b - a for a, b in pairwise(sorted(minutes))) * 60


@given(
    st.text(max_size=30) | st.sampled_from(["it's", "'; $error('x'); '", "\\'", '"\\', "a\nb\x00", "日本 ' \U0001f600"])
)
def test_a_quoted_text_is_that_text_in_jsonata(text: str) -> None:
    import jsonata

    assert jsonata.Jsonata(quoted(text)).evaluate(None) == text
    assert jsonata.Jsonata(f"{quoted('a: ' + text)} & '.'").evaluate(None) == f"a: {text}."


def test_a_name_with_an_apostrophe_does_not_end_its_string() -> None:
    import jsonata

    told = quoted("Job: o'brien's report (ops)")
    assert "\\'" not in told  # JSON, and so JSONata, has no such escape
    assert jsonata.Jsonata(f"{told} & '!'").evaluate(None) == "Job: o'brien's report (ops)!"


# How the containers of a task ended (name, status, reason), and whether that is well for success [0, 1] of app and helper.
ENDS: list[tuple[list[tuple[str, int | None, str | None]], bool]] = [
    ([("app", 1, None)], True),
    ([("app", 1, None), ("log-router", 143, None)], True),
    ([("app", 1, None), ("log-router", 2, None)], True),  # a sidecar's status says nothing
    ([("app", 1, None), ("helper", 143, None)], True),  # ended with its task
    ([("app", 1, None), ("helper", 137, "OutOfMemoryError: killed")], False),
    ([("app", 1, None), ("helper", 2, None)], False),
    ([("app", 143, None), ("helper", 143, None)], False),
    ([("app", None, None), ("helper", 0, None)], False),
    ([("log-router", 0, None)], False),
    ([], False),
]


@pytest.mark.parametrize(("boxes", "well"), ENDS)
def test_whose_status_counts(boxes: list[tuple[str, int | None, str | None]], well: bool) -> None:
    helper = {"name": "helper", "cpu": 256, "memory": 512, "image": "x:1"}
    job = spec(success=[0, 1])
    job = job.model_copy(update={"containers": [*job.containers, Container.model_validate(helper)]})
    told = [
        {key: value for key, value in (("Name", name), ("ExitCode", code), ("Reason", reason)) if value is not None}
        for name, code, reason in boxes
    ]
    task = {"TaskArn": "arn", "StopCode": "EssentialContainerExited", "StoppedReason": "x", "Containers": told}
    for cause, wanted in (
        (json.dumps(task), well),
        (json.dumps(task | {"StopCode": "TaskFailedToStart"}), False),
        ("no task", False),
        ("{ no task }", False),
        (None, False),
    ):
        error = {"Error": "States.TaskFailed"} | ({} if cause is None else {"Cause": cause})
        for name, expression in statuses.of_failure(job, ["ECS.ServerException"]).items():
            text = expression[3:-3].replace("$states.", "$s.")
            found = evaluate(f"($s := {json.dumps({'errorOutput': error})}; {text})", 0)
            assert found is not None, f"AWS fails where a variable would be nothing: {name}"
            if name == "well":
                assert found is wanted


def test_a_shared_lock_has_no_ceiling() -> None:
    with pytest.raises(ProblemsError, match="a shared lock takes any number of runs; leave out shared, or runs"):
        spec(lock={"name": "db", "shared": True, "runs": 2})
    assert spec(lock={"name": "db", "runs": 2}).lock.runs == 2
