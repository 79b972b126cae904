"""An embedded AWS for tests, and short ways to write specs, register them and look at what is there."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from converters.specs.model import Spec, load_spec
from migrate.aws import rules
from migrate.aws.apply import apply_plans
from migrate.aws.plan import JobPlan, Options, plan_jobs
from migrate.aws.rehearsal import rehearsal
from migrate.aws.session import READ_CALLS, Aws, connect
from migrate.aws.task_definition import normal
from migrate.settings.model import Environment, parse_settings

# The example of the design: it must register as it stands.
KOYAMA = """\
type: "FARGATE"
cluster: "cron"
name: "cron-koyama_test"
containers:
- name: app
  cpu: 256
  memory: 512
  image: example/docker-slack:latest
  environment:
    WEBHOOK_URL: "https://hooks.example.com/services/xxxxxxxxx"
schedule:
  scheduleExpression: "rate(1 minute)"
  taskCount: 1
"""

SETTINGS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    cluster: cron
    subnets: [subnet-01234567, subnet-89abcdef]
    securityGroups: [sg-01234567]
    executionRole: exec
    taskRole: arn:aws:iam::123456789012:role/jobs/task
    eventsRole: events
    schedulerRole: scheduler
    logRetentionDays: 30
"""


def spec(name: str = "job", expression: Any = "cron(0 3 * * ? *)", **more: Any) -> Spec:
    """A spec by way of its YAML, so that tests see what users see; JSON is YAML."""
    container = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1", **more.pop("container", {})}
    schedule = {"scheduleExpression": expression, **more.pop("schedule", {})}
    value = {
        "type": "FARGATE",
        "cluster": "cron",
        "name": name,
        "containers": [container],
        "schedule": schedule,
        **more,
    }
    return load_spec(json.dumps(value), f"{name}.yml")


class Killed(BaseException):
    """The process ended here."""


@cache
def _shared(kind: str) -> Aws:
    """Clients that all tests share, because making them is slow: "reader", "writer", and "user" for everybody else."""
    aws = connect(parse_settings(SETTINGS, "x").environments["sandbox"], read_only=True, offline=True)
    return aws if kind == "reader" else aws.writer()


@dataclass
class World:
    """One account; ``writes`` lists every writing call that was answered."""

    environment: Environment
    owner: str = "web1"
    writes: list[str] = field(default_factory=list)

    def connect(self, *, read_only: bool, kill_after: int | None = None) -> Aws:
        aws = replace(_shared("reader" if read_only else "writer"), environment=self.environment)
        if not read_only:
            _watch(aws, self.writes, kill_after)
        return aws

    def plan(self, *specs: Spec, create: bool = False, adopt: bool = False) -> list[JobPlan]:
        options = Options(self.owner, create, adopt, clear_secrets=True)
        return plan_jobs(self.connect(read_only=True), [(f"{item.name}.yml", item) for item in specs], options)

    def register(
        self, *specs: Spec, create: bool = False, adopt: bool = False, kill_after: int | None = None
    ) -> list[str]:
        """The writing calls that were made."""
        plans = self.plan(*specs, create=create, adopt=adopt)
        before = len(self.writes)
        aws = self.connect(read_only=False, kill_after=kill_after)
        apply_plans(aws, plans, lambda plan, step: None)
        return self.writes[before:]

    def client(self, service: str) -> Any:
        return _shared("user").client(service)

    def rule(self, name: str) -> rules.LiveRule:
        found = rules.find(self.connect(read_only=True), name)
        assert found is not None
        return found

    def state(self) -> dict[str, Any]:
        """Everything there is, without times: what two ways to the same end must agree on."""
        events, ecs, logs, scheduler = (self.client(name) for name in ("events", "ecs", "logs", "scheduler"))
        found: dict[str, Any] = {}
        for rule in events.list_rules()["Rules"]:
            live = self.rule(rule["Name"])
            found[f"rule {live.name}"] = (live.fields, live.tags, sorted(live.targets, key=lambda t: str(t["Id"])))
        for arn in ecs.list_task_definitions()["taskDefinitionArns"]:
            answer = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
            found[arn] = (normal(answer["taskDefinition"]), answer.get("tags"))
        for group in logs.describe_log_groups()["logGroups"]:
            tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
            found[f"log {group['logGroupName']}"] = (group.get("retentionInDays"), tags)
        for item in scheduler.list_schedules()["Schedules"]:
            answer = scheduler.get_schedule(Name=item["Name"], GroupName=item["GroupName"])
            kept = {
                k: v for k, v in answer.items() if k not in {"CreationDate", "LastModificationDate", "ResponseMetadata"}
            }
            found[answer["Arn"]] = kept
        states, tables = self.client("stepfunctions"), self.client("dynamodb")
        for item in states.list_state_machines()["stateMachines"]:
            answer = states.describe_state_machine(stateMachineArn=item["stateMachineArn"])
            tags = states.list_tags_for_resource(resourceArn=item["stateMachineArn"])["tags"]
            found[item["stateMachineArn"]] = (answer["definition"], answer["roleArn"], sorted(map(str, tags)))
        for name in tables.list_tables()["TableNames"]:
            table = tables.describe_table(TableName=name)["Table"]
            expiry = tables.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
            found[f"table {name}"] = (table["KeySchema"], expiry)
        return copy.deepcopy(found)


@contextmanager
def new_world() -> Iterator[World]:
    """An empty AWS with the cluster that the settings name; nothing can leave the machine."""
    settings = parse_settings(SETTINGS, "cron2fargate.yml")
    with rehearsal(settings.environments["sandbox"], []) as environment:
        yield World(environment)


def _watch(aws: Aws, writes: list[str], kill_after: int | None) -> None:
    """Lists the writing calls, and ends the process after so many of them."""
    left = kill_after

    def seen(model: Any, **_: Any) -> None:
        nonlocal left
        if (model.service_model.service_name, model.name) in READ_CALLS:
            return
        writes.append(model.name)
        if left is not None:
            left -= 1
            if left == 0:
                raise Killed

    for service in ("ecs", "events", "logs", "scheduler", "stepfunctions", "dynamodb"):
        # The same id takes the place of the watch before.
        events = aws.client(service).meta.events
        events.unregister("after-call", unique_id="watch")
        events.register("after-call", seen, unique_id="watch")
