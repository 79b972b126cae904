"""A decision in a spec: each key does its part, twice is once, and the spec still is one that registers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.specs.model import load_spec
from converters.specs.text import ecs_text
from migrate.review.applying import apply_decision
from migrate.workspace.decisions_model import decision_of
from tests.documents import job_of
from tests.effort import examples

BASE: dict[str, Any] = {
    "type": "FARGATE",
    "cluster": "cron",
    "name": "billing",
    "containers": [
        {
            "name": "app",
            "cpu": 256,
            "memory": 512,
            "image": "CHANGE_ME",
            "command": ["run"],
            "environment": {"TZ": "Asia/Tokyo"},
            "secrets": {"GREETING": "/cron2fargate/billing/GREETING"},
        },
        {"name": "side", "cpu": 64, "memory": 128, "image": "side:1", "essential": False},
    ],
    "schedule": {"scheduleExpression": "cron(0 18 * * ? *)", "taskCount": 2},
    "lock": {"name": "/tmp/b.lock", "wait": 600},
    "timeout": {"seconds": 300, "killAfter": 10},
    "notify": {"email": ["ops@example.com"]},
    "legacy": {"id": "abc"},
}
JOB = {
    "wishes": {"lock": {"name": "/tmp/b.lock", "wait": 600, "policy": "wait", "certain": True, "shared": True}},
    "target": {"backend": "rule", "timezone": "UTC", "expressions": ["cron(0 18 * * ? *)"], "guard": None},
}
SCHEDULER = {"backend": "scheduler", "timezone": "Asia/Tokyo", "expressions": ["cron(0 3 * * ? *)"], "guard": None}


def applied(decision: dict[str, Any], *, spec: dict[str, Any] = BASE, **options: Any) -> dict[str, Any]:
    target = options.pop("target", None)
    proposed = job_of({"target": target}).target if target is not None else None
    return apply_decision(spec, decision_of(decision), job_of(JOB), target=proposed, **options)


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"decision": "take", "accepted": ["C301"], "note": "x"}, {}),
    ({"architecture": "ARM64"}, {"architecture": "ARM64"}),
    ({"lock": "skip"}, {"lock": {"name": "/tmp/b.lock"}}),
    ({"lock": 5}, {"lock": {"name": "/tmp/b.lock", "wait": 5}}),
    ({"lock": "forever", "lockName": "shared"}, {"lock": {"name": "shared", "wait": "forever"}}),
    ({"lockName": "other"}, {"lock": {"name": "other", "wait": 600}}),
    ({"lock": "none"}, {"lock": None}),
    ({"timeout": 60}, {"timeout": {"seconds": 60, "killAfter": 10}}),
    ({"timeout": "none"}, {"timeout": None}),
    (
        {"notify": {"email": ["a@example.com"], "output": True}},
        {"notify": {"email": ["a@example.com"], "output": True}},
    ),
    ({"notify": {"email": []}}, {"notify": None}),
    ({"owner": "team"}, {"legacy": {"id": "abc", "owner": "team"}}),
    ({"after": ["first"]}, {"after": ["first"], "schedule": None}),
    ({"after": []}, {}),
]


@pytest.mark.parametrize(("decision", "changes"), CHANGES)
def test_what_a_decision_changes(decision: dict[str, Any], changes: dict[str, Any]) -> None:
    expected = {key: value for key, value in {**BASE, **changes}.items() if value is not None}
    assert applied(decision) == expected


CONTAINER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"image": "app:1", "cpu": 512, "memory": 1024}, {"image": "app:1", "cpu": 512, "memory": 1024}),
    ({"environment": {"A": "1", "TZ": "UTC"}}, {"environment": {"TZ": "UTC", "A": "1"}}),
    (
        {"environment": {"GREETING": "plain"}},
        {"environment": {"TZ": "Asia/Tokyo", "GREETING": "plain"}, "secrets": None},
    ),
    ({"secrets": {"GREETING": "/prod/GREETING"}}, {"secrets": {"GREETING": "/prod/GREETING"}}),
    (
        {"secrets": {"TZ": "/prod/TZ"}},
        {"environment": None, "secrets": {"GREETING": "/cron2fargate/billing/GREETING", "TZ": "/prod/TZ"}},
    ),
]


@pytest.mark.parametrize(("decision", "changes"), CONTAINER)
def test_what_it_changes_in_the_container(decision: dict[str, Any], changes: dict[str, Any]) -> None:
    made = applied(decision)
    first = BASE["containers"][0]
    assert made["containers"][0] == {k: v for k, v in {**first, **changes}.items() if v is not None}
    assert made["containers"][1] == BASE["containers"][1]


def test_a_name_leaves_its_parameters_as_they_are() -> None:
    made = applied({"name": "invoices"})
    assert made["name"] == "invoices"
    assert made["containers"] == BASE["containers"]


def test_another_backend_keeps_the_count() -> None:
    made = applied({"backend": "scheduler"}, target=SCHEDULER)
    assert made["schedule"] == {"scheduleExpression": "cron(0 3 * * ? *)", "timezone": "Asia/Tokyo", "taskCount": 2}
    elsewhere = applied({"backend": "scheduler", "timezone": "Europe/Berlin"}, target=SCHEDULER)
    assert elsewhere["schedule"]["timezone"] == "Europe/Berlin"


def test_a_service_has_no_schedule_lock_or_limit() -> None:
    made = applied({"decision": "take", "service": True, "lock": "skip", "timeout": 60})
    assert made["service"] == {"desiredCount": 1}
    assert {"schedule", "lock", "timeout"}.isdisjoint(made)


def test_what_was_taken_away_comes_back() -> None:
    without = applied({"after": ["first"], "lock": "none"})
    made = applied({"after": [], "lock": 60}, spec=without)
    assert made["schedule"] == {"scheduleExpression": "cron(0 18 * * ? *)", "taskCount": 1}
    assert made["lock"] == {"name": "/tmp/b.lock", "wait": 60, "shared": True}


def test_a_job_without_a_lock_gets_one_by_its_name() -> None:
    bare = {key: value for key, value in BASE.items() if key != "lock"}
    assert apply_decision(bare, decision_of({"lock": "skip"}))["lock"] == {"name": "billing"}
    assert "lock" not in apply_decision(bare, decision_of({"lockName": "x"}))


def test_nothing_decided_is_the_proposal_itself() -> None:
    made = apply_decision(BASE, None)
    assert made == BASE
    made["containers"][0]["image"] = "changed"
    assert BASE["containers"][0]["image"] == "CHANGE_ME"


KEYS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["billing", "invoices"]),
        "image": st.sampled_from(["app:1", "app:2"]),
        "cpu": st.sampled_from([256, 1024]),
        "memory": st.sampled_from([512, 2048]),
        "architecture": st.sampled_from(["ARM64", "X86_64"]),
        "lock": st.sampled_from(["skip", "forever", "none", 60]),
        "lockName": st.sampled_from(["a", "/b"]),
        "timeout": st.sampled_from(["none", 60, 7200]),
        "secrets": st.sampled_from([{"GREETING": "/x/y"}, {"TZ": "/x/z"}]),
        "environment": st.sampled_from([{"A": "1"}, {"GREETING": "open"}]),
        "notify": st.sampled_from([{"email": []}, {"email": ["a@example.com"]}]),
        "owner": st.just("team"),
        "after": st.sampled_from([[], ["first"]]),
        "service": st.just(True),
    },
)


@examples(100)
@given(KEYS, st.sampled_from([None, SCHEDULER]))
def test_twice_is_once_and_the_spec_registers(decision: dict[str, Any], target: dict[str, Any] | None) -> None:
    made = applied(decision, target=target)
    assert applied(decision, spec=made, target=target) == made
    spec = load_spec(ecs_text(made), "ecs.yml")
    assert spec.name == decision.get("name", "billing")
    order = [
        *("type", "cluster", "name", "containers", "schedule", "architecture", "lock", "timeout"),
        *("after", "notify", "service", "legacy"),
    ]
    assert list(made) == [key for key in order if key in made]


FROM_S3 = "arn:aws:s3:::shop/app.env"
FILES: list[tuple[str, str, str, list[str] | None]] = [
    (". /etc/a.env; run", FROM_S3, "exec run", [FROM_S3]),
    (". /etc/a.env && run", "none", "exec run", None),
    (". /etc/a.env && run", "image", ". /etc/a.env && run", None),
    ("run; . /etc/a.env", FROM_S3, "run; . /etc/a.env", [FROM_S3]),
]


@pytest.mark.parametrize(("text", "answer", "rest", "files"), FILES)
def test_a_file_of_variables_comes_from_elsewhere(text: str, answer: str, rest: str, files: list[str] | None) -> None:
    first = {**BASE["containers"][0], "command": ["/bin/sh", "-c", text]}
    decision = {"environmentFiles": {"/etc/a.env": answer}}
    made = applied(decision, spec={**BASE, "containers": [first]})
    assert made["containers"][0]["command"] == ["/bin/sh", "-c", rest]
    assert made["containers"][0].get("environmentFiles") == files
    assert applied(decision, spec=made) == made
    assert load_spec(ecs_text(made), "ecs.yml")
