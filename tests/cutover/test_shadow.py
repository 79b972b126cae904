"""Shadows: the rule fires, the job does not run, and what was there before comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.aws.world import World
from tests.cutover.place import Place, new_place

APP = b"30 3 * * * root /usr/bin/backup\n*/20 * * * * root /usr/bin/other\n"


@pytest.fixture
def place(world: World, tmp_path: Path) -> Any:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as made:
        yield made


def target(place: Place, name: str) -> dict[str, Any]:
    found: dict[str, Any] = place.world.client("events").list_targets_by_rule(Rule=name)["Targets"][0]
    return found


def test_a_shadow_and_its_end(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = place.world.state()
    assert place.forward("backup", shadow=True) == 0
    assert "C758" in capsys.readouterr().out
    told = json.loads(target(place, "backup")["Input"])
    assert told == {"containerOverrides": [{"name": "app", "command": ["/bin/sh", "-c", "echo cron2fargate shadow"]}]}
    assert (place.enabled(), place.table().read_bytes()) == ({"backup"}, APP)
    # The target is told first, and two minutes later the rule is enabled: nothing fires with the old command.
    assert place.clock.slept >= 120
    assert place.runs()["backup"] == "old"  # no alarm: what AWS starts is not the job
    assert place.call("status", "--out", place.out, "--root", place.tree) == 0
    assert "crontab + shadow" in capsys.readouterr().out
    assert place.forward("backup") == 1  # first the shadow has to end
    assert place.forward("backup", shadow=True) == 0  # again: the first command is not forgotten
    assert place.backward("backup") == 0
    assert place.world.state() == before
    assert place.forward("backup") == 0
    assert place.runs()["backup"] == "new"


def test_what_the_target_was_told_comes_back(place: Place) -> None:
    own = {**target(place, "other"), "Input": '{"containerOverrides": [{"name": "app", "command": ["x"]}]}'}
    place.world.client("events").put_targets(Rule="other", Targets=[own])
    place.forward("other", shadow=True)
    assert target(place, "other")["Input"] != own["Input"]
    place.backward("other")
    assert target(place, "other") == own


def test_a_schedule_has_a_shadow_too(world: World, tmp_path: Path) -> None:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as place:
        spec = place.out / "jobs/backup/ecs.yml"
        spec.write_text(spec.read_text().replace("schedule:\n", "schedule:\n  timezone: Asia/Tokyo\n"))
        world.client("events").remove_targets(Rule="backup", Ids=["backup"])
        world.client("events").delete_rule(Name="backup")
        from migrate.aws.inputs import load_specs

        world.register(load_specs(place.out, (spec,))[0][1], create=True)
        group = world.client("scheduler").list_schedules()["Schedules"][0]["GroupName"]

        def schedule() -> dict[str, Any]:
            answer = world.client("scheduler").get_schedule(Name="backup", GroupName=group)
            names = ("State", "Target", "ScheduleExpression", "ScheduleExpressionTimezone", "Description")
            return {name: answer[name] for name in names}

        before = schedule()
        assert place.forward("backup", shadow=True) == 0
        assert "cron2fargate shadow" in schedule()["Target"]["Input"]
        assert schedule()["State"] == "ENABLED"
        assert place.backward("backup") == 0
        assert schedule() == before


@pytest.mark.parametrize(
    ("entry_point", "command"),
    [(["/docker-entrypoint.sh"], None), (["/bin/sh", "-c"], ["echo cron2fargate shadow"])],
)
def test_an_entry_point_would_run_the_job(
    place: Place, entry_point: list[str], command: list[str] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    from migrate.aws.inputs import load_specs

    spec = place.out / "jobs/backup/ecs.yml"
    spec.write_text(
        spec.read_text().replace("- name: app\n", f"- name: app\n  entryPoint: {json.dumps(entry_point)}\n")
    )
    place.world.register(load_specs(place.out, (spec,))[0][1])
    code = place.forward("backup", shadow=True)
    if command is None:
        assert code == 1
        assert "has the entry point /docker-entrypoint.sh" in capsys.readouterr().out
        assert (place.enabled(), "Input" in target(place, "backup")) == (set(), False)
    else:
        assert code == 0
        assert json.loads(target(place, "backup")["Input"])["containerOverrides"][0]["command"] == command


def test_a_moved_job_has_no_shadow(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.forward("backup")
    assert place.forward("backup", shadow=True) == 1
    assert "it was moved already" in capsys.readouterr().out


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_a_workflow_is_told_that_the_start_is_a_shadow(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], zone: str | None
) -> None:
    with new_place(world, tmp_path, {"etc/cron.d/app": APP}) as place:
        spec = place.out / "jobs/backup/ecs.yml"
        text = f"{spec.read_text()}timeout: 600\nonce: true\n"
        spec.write_text(text.replace("schedule:\n", f"schedule:\n  timezone: {zone}\n") if zone else text)
        for name in ("backup",) if zone else ():
            world.client("events").remove_targets(Rule=name, Ids=[name])
            world.client("events").delete_rule(Name=name)
        from migrate.aws.inputs import load_specs

        world.register(load_specs(place.out, (spec,))[0][1], create=True)

        def told() -> dict[str, Any]:
            if not zone:
                return target(place, "backup")
            group = world.client("scheduler").list_schedules()["Schedules"][0]["GroupName"]
            found: dict[str, Any] = world.client("scheduler").get_schedule(Name="backup", GroupName=group)["Target"]
            return found

        before = told()
        assert ":stateMachine:backup" in before["Arn"]
        assert ("InputTransformer" in before, "Input" in before) == (not zone, bool(zone))
        assert place.forward("backup", shadow=True) == 0
        assert json.loads(told()["Input"]) == {"shadow": True, "says": "cron2fargate shadow"}
        assert "InputTransformer" not in told()
        assert place.runs()["backup"] == "old"
        capsys.readouterr()
        assert place.call("plan", "--out", place.out, "-t", spec) == 0  # a register meanwhile would not end it
        assert "no changes" in capsys.readouterr().out
        assert place.forward("backup", shadow=True) == 0  # again: what it was told before is not forgotten
        assert place.backward("backup") == 0
        assert told() == before
        assert place.enabled() == set()


def test_a_job_after_another_has_no_shadow(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    from migrate.aws.inputs import load_specs

    spec = place.out / "jobs/other/ecs.yml"
    spec.write_text(spec.read_text().partition("schedule:\n")[0] + "after: [backup]\n")
    place.world.client("events").remove_targets(Rule="other", Ids=["other"])
    place.world.client("events").delete_rule(Name="other")
    place.world.register(*(spec for _path, spec in load_specs(place.out, ())), create=True)
    assert place.forward("other", shadow=True) == 1
    assert "it runs after other jobs" in capsys.readouterr().out


GUARDED = b"30 3 13 * 5 root /usr/bin/backup\n"


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
@pytest.mark.parametrize("more", ["", "timeout: 600\n"], ids=["task", "workflow"])
def test_a_shadow_asks_the_guard(world: World, tmp_path: Path, more: str, zone: str | None) -> None:
    """What is watched is what was proven: the shadow's own text and condition, run for slots on and off the job's dates."""
    from migrate.aws.inputs import load_specs

    with new_place(world, tmp_path, {"etc/cron.d/app": GUARDED}) as place:
        path = place.out / "jobs/backup/ecs.yml"
        text = path.read_text()
        if zone:
            text = text.replace("schedule:\n", f"schedule:\n  timezone: {zone}\n").replace("offset: 0", "offset: 540")
            for rule in world.client("events").list_rules()["Rules"]:
                targets = world.client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"]
                world.client("events").remove_targets(Rule=rule["Name"], Ids=[one["Id"] for one in targets])
                world.client("events").delete_rule(Name=rule["Name"])
        path.write_text(text + more)
        spec = load_specs(place.out, (path,))[0][1]
        assert spec.schedule.guard
        world.register(spec, create=True)
        told = [dict(one) for one in _told(world, zone)]
        assert place.forward("backup", shadow=True) == 0
        shadows = _told(world, zone)
        assert len(shadows) == len(spec.expressions) >= 1
        for one in shadows:
            friday, thirteenth, plain = (_ran(world, one, slot) for slot in _slots(zone))
            by_weekday = r"\"dow\"" in json.dumps(one)
            assert (friday, thirteenth, plain) == (by_weekday, not by_weekday, False)
        assert place.call("plan", "--out", place.out, "-t", path) == 0
        assert place.call("register", "--out", place.out, "-t", path, "--yes") == 0
        assert _told(world, zone) == shadows  # a register meanwhile does not end it
        assert place.forward("backup", shadow=True) == 0  # again: the slot is not forgotten
        assert _told(world, zone) == shadows
        assert place.backward("backup") == 0
        assert _told(world, zone) == told


def _slots(zone: str | None) -> list[str]:
    """A Friday, a 13th, and a day that is neither, by the job's own clock; as instants in UTC."""
    days = ("2027-01-08", "2027-01-13", "2027-01-14")
    return [f"{day}T03:30:00Z" if not zone else f"{day[:8]}{int(day[8:]) - 1:02}T18:30:00Z" for day in days]


def _told(world: World, zone: str | None) -> list[dict[str, Any]]:
    """What every target of the job is told, in the order of their names."""
    keys = ("Input", "InputTransformer")
    found = []
    if zone:
        scheduler = world.client("scheduler")
        for one in sorted(scheduler.list_schedules()["Schedules"], key=lambda one: one["Name"]):
            target = scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"])["Target"]
            found.append({key: target[key] for key in keys if key in target})
        return found
    events = world.client("events")
    for rule in sorted(one["Name"] for one in events.list_rules()["Rules"] if one["Name"].startswith("backup")):
        target = events.list_targets_by_rule(Rule=rule)["Targets"][0]
        found.append({key: target[key] for key in keys if key in target})
    return found


def _ran(world: World, told: dict[str, Any], slot: str) -> bool:
    """Whether the shadow says its line for a start at this slot: its command run by sh, or its workflow's first choice."""
    import os
    import subprocess

    from converters.workflows.starts import DECIDE
    from converters.workflows.starts import SHADOW as STATE
    from tests.aws.sfn_shim import evaluate

    text = told.get("Input", "").replace("<aws.scheduler.scheduled-time>", slot)
    if "InputTransformer" in told:
        text = told["InputTransformer"]["InputTemplate"].replace("<slot>", json.dumps(slot))
    value = json.loads(text)
    if "containerOverrides" not in value:
        machine = world.client("stepfunctions").list_state_machines()["stateMachines"][0]["stateMachineArn"]
        definition = json.loads(
            world.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["definition"]
        )
        state = definition["States"][DECIDE]
        states = json.dumps({"context": {"Execution": {"Input": value}}})
        for choice in state["Choices"]:
            if evaluate(f"($states := {states}; {choice['Condition'][2:-2]})", 0):
                assert choice["Next"] == STATE  # told that it is a shadow, it never runs the job
                return True
        return False
    override = value["containerOverrides"][0]
    variables = {pair["name"]: pair["value"] for pair in override["environment"]}
    done = subprocess.run(override["command"], env=os.environ | variables, capture_output=True, text=True, check=True)
    return done.stdout == "cron2fargate shadow\n"
