"""register against an embedded AWS: what is made, what is kept, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converters.specs.model import load_spec
from migrate.aws import rules
from migrate.aws.apply import apply_plans
from migrate.aws.ownership import JOB, OWNER
from migrate.aws.plan import Options, plan_jobs
from migrate.aws.session import WriteRefusedError
from migrate.errors import UserError
from tests.aws.world import KOYAMA, World, spec


def test_the_design_example_registers_unchanged(world: World) -> None:
    calls = world.register(load_spec(KOYAMA, "ecs.yml"), create=True)
    assert calls == ["CreateLogGroup", "PutRetentionPolicy", "RegisterTaskDefinition", "PutRule", "PutTargets"]
    rule = world.rule("cron-koyama_test")
    assert (rule.expression, rule.fields["State"]) == ("rate(1 minute)", "DISABLED")
    (target,) = rule.targets
    assert target["Arn"] == "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cron"
    assert target["RoleArn"] == "arn:aws:iam::123456789012:role/events"
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}
    assert target["EcsParameters"] == {
        "TaskDefinitionArn": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/cron-koyama_test:1",
        "TaskCount": 1,
        "LaunchType": "FARGATE",
        "EnableECSManagedTags": True,
        "PropagateTags": "TASK_DEFINITION",
        "NetworkConfiguration": {
            "awsvpcConfiguration": {
                "Subnets": ["subnet-01234567", "subnet-89abcdef"],
                "SecurityGroups": ["sg-01234567"],
                "AssignPublicIp": "DISABLED",
            }
        },
    }
    definition = world.client("ecs").describe_task_definition(taskDefinition="cron-koyama_test")["taskDefinition"]
    assert (definition["cpu"], definition["memory"], definition["networkMode"]) == ("256", "512", "awsvpc")
    (container,) = definition["containerDefinitions"]
    assert container["environment"] == [
        {"name": "WEBHOOK_URL", "value": "https://hooks.example.com/services/xxxxxxxxx"}
    ]
    assert container["logConfiguration"]["options"] == {
        "awslogs-group": "/cron2fargate/cron-koyama_test",
        "awslogs-region": "ap-northeast-1",
        "awslogs-stream-prefix": "cron-koyama_test",
        "mode": "blocking",
    }


SPECS: dict[str, dict[str, Any]] = {
    "plain": {},
    "every container key": {
        "container": {
            "command": ["sh", "-c", "date; exit 3"],
            "entryPoint": ["/bin/tini", "--"],
            "workingDirectory": "/app",
            "user": "1000:1000",
            "environment": {"B": "2", "A": "1", "EMPTY": ""},
            "environmentFiles": ["arn:aws:s3:::shop-config/z.env", "arn:aws:s3:::shop-config/a.env"],
            "secrets": {
                "TOKEN": "/app/token",
                "KEY": "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:k-AbCdEf",
            },
        }
    },
    "three expressions": {"expression": ["cron(0 3 * * ? *)", "cron(30 4 ? * MON *)", "rate(2 days)"]},
    "spot": {"capacityProvider": "FARGATE_SPOT"},
    "own log options": {
        "container": {"logConfiguration": {"logDriver": "awslogs", "options": {"mode": "non-blocking"}}}
    },
    "other log driver": {
        "container": {
            "logConfiguration": {"logDriver": "splunk", "options": {"splunk-url": "https://splunk.example.com"}}
        }
    },
    "zone": {"schedule": {"timezone": "Asia/Tokyo"}},
    "zone, two expressions": {
        "expression": ["cron(0 3 * * ? *)", "cron(30 4 ? * MON *)"],
        "schedule": {"timezone": "America/New_York", "taskCount": 2},
    },
}


@pytest.mark.parametrize("name", SPECS)
def test_a_second_run_writes_nothing(world: World, name: str) -> None:
    job = spec(**SPECS[name])
    assert world.register(job, create=True)
    after = world.state()
    assert world.register(job, create=True) == []
    assert [plan.status for plan in world.plan(job)] == ["unchanged"]
    assert world.state() == after


def test_what_aws_fills_in_is_no_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS answers with defaults, empty lists and an order of its own; none of that makes a new revision."""
    job = spec(container={"environment": {"B": "2", "A": "1"}})
    world.register(job, create=True)
    aws = world.connect(read_only=True)
    ecs = aws.client("ecs")
    real = ecs.describe_task_definition

    def as_aws(**arguments: Any) -> Any:
        answer = real(**arguments)
        definition = answer["taskDefinition"]
        definition |= {
            "requiresAttributes": [{"name": "x"}],
            "registeredBy": "arn:x",
            "compatibilities": ["EC2", "FARGATE"],
        }
        definition |= {"volumes": [], "placementConstraints": [], "enableFaultInjection": False}
        definition["runtimePlatform"] = {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}
        for container in definition["containerDefinitions"]:
            container |= {"mountPoints": [], "systemControls": [], "secrets": [], "versionConsistency": "enabled"}
            container["logConfiguration"]["secretOptions"] = []
            container["environment"].sort(key=lambda item: item["name"])
        return answer

    monkeypatch.setattr(ecs, "describe_task_definition", as_aws)

    (plan,) = plan_jobs(aws, [("job.yml", job)], Options("web1"))
    assert plan.status == "unchanged"


def test_a_change_makes_one_revision_and_pins_it(world: World) -> None:
    world.register(spec(), create=True)
    calls = world.register(spec(container={"image": "example/app:2"}))
    assert calls == ["RegisterTaskDefinition", "PutTargets", "TagResource"]
    (target,) = world.rule("job").targets
    assert target["EcsParameters"]["TaskDefinitionArn"].endswith(":task-definition/job:2")


def test_a_new_schedule_makes_no_revision(world: World) -> None:
    world.register(spec(), create=True)
    assert world.register(spec(expression="cron(0 4 * * ? *)")) == ["PutRule", "TagResource"]


def test_update_only_without_create(world: World) -> None:
    (plan,) = world.plan(spec())
    assert plan.status == "missing"
    assert world.register(spec()) == []
    assert world.state() == {}


def test_one_new_job_does_not_hold_up_the_others(world: World) -> None:
    world.register(spec("old"), create=True)
    changed = spec("old", expression="rate(1 hour)")
    assert [plan.status for plan in world.plan(changed, spec("new"))] == ["changes", "missing"]
    world.register(changed, spec("new"))
    assert world.rule("old").expression == "rate(1 hour)"


@pytest.mark.parametrize(
    ("told", "wins"),
    [
        (
            {"Input": '{"containerOverrides":[{"name":"app","command":["x"],"environment":[]}],"cpu":"512"}'},
            "command, environment, cpu",
        ),
        ({"InputTransformer": {"InputPathsMap": {"t": "$.time"}, "InputTemplate": '{"cpu": <t>}'}}, "cpu"),
        ({"Input": '{"containerOverrides":[]}'}, None),
        ({"Input": "[]"}, None),
    ],
)
def test_an_input_that_wins_over_the_spec_is_told(world: World, told: dict[str, Any], wins: str | None) -> None:
    world.register(spec(), create=True)
    (target,) = world.rule("job").targets
    world.client("events").put_targets(Rule="job", Targets=[target | told])
    (plan,) = world.plan(spec())
    said = [note for note in plan.notes if "wins over ecs.yml" in note]
    assert said == (
        [f"the Input of its target, which somebody else set, stays and wins over ecs.yml: {wins}"] if wins else []
    )


def test_what_others_set_is_kept(world: World) -> None:
    world.register(spec(), create=True)
    events = world.client("events")
    (target,) = world.rule("job").targets
    target |= {
        "Input": '{"containerOverrides":[]}',
        "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": "arn:aws:sqs:ap-northeast-1:123456789012:dead"},
    }
    target["EcsParameters"]["Group"] = "night"
    other = {"Id": "audit", "Arn": "arn:aws:sqs:ap-northeast-1:123456789012:audit"}
    events.put_targets(Rule="job", Targets=[target, other])
    events.put_rule(Name="job", ScheduleExpression="cron(0 3 * * ? *)", State="ENABLED", Description="by hand")
    events.tag_resource(ResourceARN=world.rule("job").arn, Tags=[{"Key": "team", "Value": "x"}])

    world.register(
        spec(expression="cron(0 5 * * ? *)", schedule={"taskCount": 2}, container={"image": "example/app:2"})
    )

    rule = world.rule("job")
    assert (rule.expression, rule.fields["State"], rule.fields["Description"]) == (
        "cron(0 5 * * ? *)",
        "ENABLED",
        "by hand",
    )
    assert rule.tags["team"] == "x"
    ours, theirs = sorted(rule.targets, key=lambda item: str(item["Id"]) != "job")
    assert theirs == other
    for key in ("Input", "RetryPolicy", "DeadLetterConfig"):
        assert ours[key] == target[key]
    assert ours["EcsParameters"]["Group"] == "night"
    assert ours["EcsParameters"]["TaskCount"] == 2


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo"])
def test_register_never_switches(world: World, state: str, zone: str | None) -> None:
    from migrate.aws import frames

    schedule = {"timezone": zone} if zone else {}
    world.register(spec(schedule=schedule), create=True)
    aws = world.connect(read_only=False)
    (frame,) = frames.find(aws, "web1", "job")
    assert not frame.enabled
    frames.switch(aws, "web1", frame, on=state == "ENABLED")
    world.register(spec(expression="cron(0 5 * * ? *)", schedule=schedule, container={"image": "example/app:2"}))
    (frame,) = frames.find(aws, "web1", "job")
    assert (frame.state, frame.expression, frame.revision) == (state, "cron(0 5 * * ? *)", "job:2")


def test_spot_replaces_the_launch_type_and_back(world: World) -> None:
    world.register(spec(), create=True)
    world.register(spec(capacityProvider="FARGATE_SPOT"))
    ecs = world.rule("job").targets[0]["EcsParameters"]
    assert "LaunchType" not in ecs
    assert ecs["CapacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    world.register(spec())
    ecs = world.rule("job").targets[0]["EcsParameters"]
    assert ecs["LaunchType"] == "FARGATE"
    assert "CapacityProviderStrategy" not in ecs


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({}, "was not made by cron2fargate"),
        ({OWNER: "web2", JOB: "job"}, "belongs to web2, job job"),
        ({OWNER: "web1", JOB: "job2"}, "belongs to web1, job job2"),
        ({OWNER: "web1x", JOB: "job"}, "belongs to web1x"),
    ],
)
def test_a_rule_of_others_is_refused(world: World, tags: dict[str, str], said: str) -> None:
    events = world.client("events")
    put = [{"Key": key, "Value": value} for key, value in tags.items()]
    events.put_rule(Name="job", ScheduleExpression="rate(1 day)", State="ENABLED", Tags=put)
    (plan,) = world.plan(spec(), create=True)
    assert plan.status == "refused"
    assert said in plan.refusals[0]
    assert "--adopt" in plan.refusals[0]
    assert world.register(spec(), create=True) == []


def test_a_task_family_of_others_is_refused(world: World) -> None:
    world.client("ecs").register_task_definition(
        family="job", containerDefinitions=[{"name": "a", "image": "b", "memory": 6}]
    )
    (plan,) = world.plan(spec(), create=True)
    assert "the task definition family job exists and it was not made by cron2fargate" in plan.refusals[0]


def _legacy_rule(world: World) -> None:
    """What another tool left: a rule that is on, with a target under another id and family."""
    events = world.client("events")
    events.put_rule(Name="job", ScheduleExpression="rate(1 day)", State="ENABLED", Description="old tool")
    target = {
        "Id": "Target0",
        "Arn": "arn:aws:ecs:ap-northeast-1:123456789012:cluster/cron",
        "RoleArn": "arn:aws:iam::123456789012:role/old",
        "Input": "{}",
        "EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/other:9"},
    }
    events.put_targets(Rule="job", Targets=[target])


def test_adopting_takes_the_one_target_over(world: World) -> None:
    _legacy_rule(world)
    world.register(spec(), adopt=True)
    rule = world.rule("job")
    assert (rule.fields["State"], rule.fields["Description"], rule.expression) == (
        "ENABLED",
        "old tool",
        "cron(0 3 * * ? *)",
    )
    (target,) = rule.targets  # not a second one: the job would start twice
    assert (target["Id"], target["Input"]) == ("Target0", "{}")
    assert target["EcsParameters"]["TaskDefinitionArn"].endswith("/job:1")
    assert world.register(spec()) == []


def test_drift_is_told_from_change(world: World) -> None:
    world.register(spec(), create=True)
    (target,) = world.rule("job").targets
    target["EcsParameters"]["TaskCount"] = 7
    world.client("events").put_targets(Rule="job", Targets=[target])
    (plan,) = world.plan(spec())
    (step,) = [step for step in plan.steps if step.write]
    assert (step.kind, step.action, [(c.field, c.old, c.new) for c in step.changes]) == (
        "target",
        "drift",
        [("TaskCount", "7", "1")],
    )
    (plan,) = world.plan(spec(schedule={"taskCount": 3}))
    assert {step.action for step in plan.steps if step.write} == {"change"}


def test_a_deleted_target_comes_back_without_create(world: World) -> None:
    world.register(spec(), create=True)
    before = world.state()
    world.client("events").remove_targets(Rule="job", Ids=["job"])
    assert world.register(spec()) == ["PutTargets"]
    assert world.state() == before


def test_a_deregistered_revision_is_replaced(world: World) -> None:
    world.register(spec(), create=True)
    world.client("ecs").deregister_task_definition(taskDefinition="job:1")
    assert world.register(spec()) == ["RegisterTaskDefinition", "PutTargets"]
    assert world.rule("job").targets[0]["EcsParameters"]["TaskDefinitionArn"].endswith("/job:2")


def test_expressions_come_and_go(world: World) -> None:
    one, two, three = "cron(0 1 * * ? *)", "cron(0 2 * * ? *)", "cron(0 3 * * ? *)"
    world.register(spec(expression=[one, two, three]), create=True)
    assert {name: world.rule(name).expression for name in ("job", "job-2", "job-3")} == {
        "job": one,
        "job-2": two,
        "job-3": three,
    }
    world.register(spec(expression=[three, one]))
    rest = {rule["Name"]: rule["ScheduleExpression"] for rule in world.client("events").list_rules()["Rules"]}
    assert rest == {"job": one, "job-3": three}
    (plan,) = world.plan(spec(expression=[three, one, two]))
    assert plan.status == "missing"


def test_targets_of_others_keep_a_rule_that_is_no_longer_wanted(world: World) -> None:
    world.register(spec(expression=["rate(1 day)", "rate(2 days)"]), create=True)
    other = {"Id": "audit", "Arn": "arn:aws:sqs:ap-northeast-1:123456789012:audit"}
    world.client("events").put_targets(Rule="job-2", Targets=[other])
    world.register(spec(expression="rate(1 day)"))
    assert world.rule("job-2").targets == [other]


def test_two_jobs_never_share_a_rule(world: World) -> None:
    plans = world.plan(spec("job", expression=["rate(1 day)", "rate(2 days)"]), spec("job-2"), create=True)
    assert [plan.status for plan in plans] == ["changes", "refused"]
    assert plans[1].refusals == ["the rule job-2 is needed by job too; rename one of the jobs"]


@pytest.mark.parametrize("length", [1, 61, 62, 64])
def test_rule_names_stay_unique_and_short(length: int) -> None:
    names = [rules.rule_name("x" * length, number) for number in range(1, 21)]
    assert len(set(names)) == 20
    assert max(map(len, names)) <= 64


def test_a_long_name_with_many_expressions_is_found_again(world: World) -> None:
    job = spec("n" * 64, expression=[f"cron({minute} 3 * * ? *)" for minute in range(12)])
    world.register(job, create=True)
    assert len(world.client("events").list_rules()["Rules"]) == 12
    assert world.register(job) == []


def test_a_schedule_is_made_disabled_in_its_zone(world: World) -> None:
    world.register(spec(schedule={"timezone": "Asia/Tokyo"}), create=True)
    schedule = world.client("scheduler").get_schedule(Name="job", GroupName="cron2fargate-web1")
    assert schedule["ScheduleExpressionTimezone"] == "Asia/Tokyo"
    assert (schedule["State"], schedule["FlexibleTimeWindow"]) == ("DISABLED", {"Mode": "OFF"})
    assert schedule["Target"]["RoleArn"] == "arn:aws:iam::123456789012:role/scheduler"
    assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 900}
    assert world.client("events").list_rules()["Rules"] == []


def test_a_schedule_keeps_what_others_set(world: World) -> None:
    zone = {"timezone": "Asia/Tokyo"}
    world.register(spec(schedule=zone), create=True)
    scheduler = world.client("scheduler")
    live = scheduler.get_schedule(Name="job", GroupName="cron2fargate-web1")
    kept = {key: live[key] for key in ("Name", "GroupName", "ScheduleExpression", "Description", "Target")}
    kept["Target"]["Input"] = "{}"
    scheduler.update_schedule(
        **kept,
        ScheduleExpressionTimezone="Asia/Tokyo",
        State="ENABLED",
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
    )
    world.register(spec(expression="cron(0 9 * * ? *)", schedule=zone))
    live = scheduler.get_schedule(Name="job", GroupName="cron2fargate-web1")
    assert live["ScheduleExpression"] == "cron(0 9 * * ? *)"
    assert (live["State"], live["FlexibleTimeWindow"]["Mode"], live["Target"]["Input"]) == ("ENABLED", "FLEXIBLE", "{}")


def test_schedules_and_groups_of_others_are_refused(world: World) -> None:
    job = spec(schedule={"timezone": "Asia/Tokyo"})
    scheduler = world.client("scheduler")
    scheduler.create_schedule_group(Name="cron2fargate-web1")
    assert "the schedule group cron2fargate-web1 exists" in world.plan(job, create=True)[0].refusals[0]
    scheduler.tag_resource(
        ResourceArn=scheduler.get_schedule_group(Name="cron2fargate-web1")["Arn"],
        Tags=[{"Key": OWNER, "Value": "web1"}],
    )
    scheduler.create_schedule(
        Name="job",
        GroupName="cron2fargate-web1",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:ap-northeast-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/r"},
    )
    assert "the schedule job exists" in world.plan(job, create=True)[0].refusals[0]
    world.register(job, create=True, adopt=True)
    assert world.register(job) == []


@pytest.mark.parametrize(("first", "then"), [(None, "Asia/Tokyo"), ("Asia/Tokyo", None)])
def test_a_job_is_never_a_rule_and_a_schedule(world: World, first: str | None, then: str | None) -> None:
    world.register(spec(schedule={"timezone": first} if first else {}), create=True)
    (plan,) = world.plan(spec(schedule={"timezone": then} if then else {}), create=True)
    assert plan.status == "refused"
    assert "both would run it" in plan.refusals[0]


def test_notify_makes_no_workflow(world: World) -> None:
    """Who is told is up to the shared part; the job itself stays a plain task."""
    (plan,) = world.plan(spec(notify={"email": ["ops@example.com"]}), create=True)
    assert (plan.status, plan.notes) == ("changes", [])
    assert {step.kind for step in plan.steps} == {"log group", "task definition", "rule", "target"}


GUARD = {"offset": 540, "daysOfMonth": "13", "months": "*", "daysOfWeek": "FRI", "rule": "or", "once": True}


def test_a_guard_is_part_of_the_target(world: World) -> None:
    """The command is wrapped, each rule tells the task its slot and its day field, and a second run changes nothing."""
    guarded = spec(
        container={"command": ["report", "--all"]},
        schedule={"scheduleExpression": ["cron(45 14 ? * FRI *)", "cron(45 14 13 * ? *)"], "guard": GUARD},
    )
    world.register(guarded, create=True)
    described = world.client("ecs").describe_task_definition(taskDefinition="job")["taskDefinition"]
    (container,) = described["containerDefinitions"]
    assert container["command"][:2] == ["/bin/sh", "-c"]
    assert container["command"][3:] == ["sh", "report", "--all"]
    told = [target["InputTransformer"] for name in ("job", "job-2") for target in world.rule(name).targets]
    assert [one["InputPathsMap"] for one in told] == [{"slot": "$.time"}] * 2
    read = [json.loads(one["InputTemplate"].replace("<slot>", '"2026-11-13T14:45:00Z"')) for one in told]
    variables = [{e["name"]: e["value"] for e in r["containerOverrides"][0]["environment"]} for r in read]
    assert sorted(v["CRON2FARGATE_DATES"] for v in variables) == ["dom", "dow"]
    assert {v["CRON2FARGATE_SLOT"] for v in variables} == {"2026-11-13T14:45:00Z"}
    (again,) = world.plan(guarded)
    assert {step.action for step in again.steps} == {"same"}


@pytest.mark.parametrize("change", [{"guard": GUARD}])
def test_a_guard_that_cannot_be_carried_out_is_refused(world: World, change: dict[str, Any]) -> None:
    (plan,) = world.plan(spec(schedule=change), create=True)  # there is no command to guard
    assert plan.status == "refused"
    assert "schedule.guard" in plan.refusals[0]


def test_a_placeholder_image_is_refused(world: World) -> None:
    (plan,) = world.plan(spec(container={"image": "CHANGE_ME"}), create=True)
    assert plan.refusals == [
        "container app has no image yet (CHANGE_ME); choose one in its ecs.yml, or scan again with --image"
    ]


def test_a_cluster_that_is_not_there_is_refused(world: World) -> None:
    world.client("ecs").delete_cluster(cluster="cron")
    (plan,) = world.plan(spec(), create=True)
    assert plan.refusals[0].startswith("there is no active ECS cluster 'cron' in account 123456789012, ap-northeast-1")


def test_failed_entries_of_put_targets_are_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from migrate.aws.apply import apply_plans

    aws = world.connect(read_only=False)
    failed = {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "LimitExceeded", "ErrorMessage": "too many"}]}
    monkeypatch.setattr(aws.client("events"), "put_targets", lambda **_: failed)
    with pytest.raises(
        UserError, match=r"the target of rule job was not taken: LimitExceeded too many.*register again"
    ):
        apply_plans(aws, world.plan(spec(), create=True), lambda plan, step: None)


def test_a_read_only_client_cannot_write(world: World) -> None:
    aws = world.connect(read_only=True)
    with pytest.raises(WriteRefusedError, match="events:PutRule"):
        aws.client("events").put_rule(Name="x", ScheduleExpression="rate(1 day)")
    with pytest.raises(WriteRefusedError, match="ecs:RunTask"):
        aws.client("ecs").run_task(taskDefinition="x")
    assert world.client("events").list_rules()["Rules"] == []


def test_every_call_that_may_be_made_by_a_reader_reads() -> None:
    from migrate.aws.session import READ_CALLS

    others = {call for _, call in READ_CALLS if not call.startswith(("Describe", "Get", "List"))}
    assert others <= {"BatchGetImage", "FilterLogEvents", "SimulatePrincipalPolicy", "ValidateStateMachineDefinition"}
    # What reads a secret is not a read here.
    assert not {call for _, call in READ_CALLS if "SecretValue" in call or "GetParameter" in call}


def test_tags_of_the_settings_go_on_everything(world: World) -> None:
    world.environment = world.environment.model_copy(update={"tags": {"team": "ops"}})
    world.register(spec(), create=True)
    assert world.rule("job").tags["team"] == "ops"
    tags = world.client("ecs").describe_task_definition(taskDefinition="job", include=["TAGS"])["tags"]
    assert {"key": "team", "value": "ops"} in tags
    world.environment = world.environment.model_copy(update={"tags": {"team": "dev"}})
    world.register(spec())
    assert world.rule("job").tags["team"] == "dev"
    assert world.register(spec()) == []


def test_values_of_variables_are_not_shown(world: World) -> None:
    from migrate.aws.show import as_json

    variables = {
        "API_TOKEN": "old-secret",
        "URL": "https://user:pw-secret@example.com/",
        "LEVEL": "info",
        "LONG": "x" * 99,
    }
    world.register(spec(container={"environment": variables}), create=True)
    changed = {
        "API_TOKEN": "new-secret",
        "URL": "https://user:pw2-secret@example.com/",
        "LEVEL": "debug",
        "LONG": "y" * 99,
    }
    text = str(as_json(world.plan(spec(container={"environment": changed})), "sandbox", "1", "r"))
    assert "old-secret" not in text
    assert "new-secret" not in text
    assert "pw-secret" not in text
    assert "pw2-secret" not in text
    assert "(hidden)" in text
    assert "'info'" in text
    assert "x" * 60 not in text


SECRET = {"environment": {"DB_PASSWORD": "hunter2x9"}}


def test_a_secret_in_clear_is_refused_unless_it_is_told(world: World) -> None:
    aws = world.connect(read_only=True)
    job = spec(container=SECRET)
    (plan,) = plan_jobs(aws, [("job.yml", job)], Options("web1", create=True))
    assert plan.status == "refused"
    (said,) = plan.refusals
    assert "environment DB_PASSWORD of container app" in said
    assert "hunter2x9" not in said
    (told,) = plan_jobs(aws, [("job.yml", job)], Options("web1", create=True, clear_secrets=True))
    assert told.status == "changes"
    assert "in clear" in told.notes[0]


def test_what_stands_on_aws_already_is_not_refused_again(world: World) -> None:
    job = spec(container=SECRET)
    aws = world.connect(read_only=False)
    apply_plans(aws, plan_jobs(aws, [("j", job)], Options("web1", create=True, clear_secrets=True)), lambda *_: None)
    (again,) = plan_jobs(aws, [("j", job)], Options("web1"))
    assert again.status == "unchanged"
