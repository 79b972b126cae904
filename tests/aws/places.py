"""Several environments, regions and accounts at once on one embedded AWS, registered and switched as the commands do it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import boto3

from converters.specs.model import Spec
from migrate.aws import frames
from migrate.aws.apply import apply_plans, apply_steps
from migrate.aws.frame import plan_alarms, plan_frame
from migrate.aws.plan import JobPlan, Options, plan_jobs
from migrate.aws.rehearsal import rehearsal
from migrate.aws.session import Aws, connect
from migrate.aws.steps import Step
from migrate.settings.model import Settings, parse_settings

HOME, AWAY = "123456789012", "210987654321"

ENVIRONMENT = """\
  {name}:
    region: {region}
    {more}
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    executionRole: "{execution}"
    eventsRole: "{events}"
    schedulerRole: "{scheduler}"
    statesRole: "{states}"
"""
PARTS = ("execution", "events", "scheduler", "states")


def settings(environments: dict[str, str], owner: str = "web1", **more: str) -> Settings:
    """``environments`` maps names to regions; ``more`` are lines for one of them. Roles bear our own names."""
    text = f"owner: {owner}\nenvironments:\n"
    for name, region in environments.items():
        lines = more.get(name.replace("-", "_"), "")
        apart = len(environments) > 1 and 'names: "{job}"' not in lines
        stem = f"cron2fargate-{owner}-{name}" if apart else f"cron2fargate-{owner}"
        roles = {part: f"{stem}-{part}" for part in PARTS}
        lines = lines or "# nothing more"
        text += ENVIRONMENT.format(name=name, region=region, more=lines, **roles)
    return parse_settings(text, "cron2fargate.yml")


@dataclass
class Site:
    """One environment in one account."""

    aws: Aws
    owner: str
    _writer: list[Aws] = field(default_factory=list)

    @property
    def writer(self) -> Aws:
        """Making clients is slow: one of each is enough."""
        if not self._writer:
            self._writer.append(self.aws.writer())
        return self._writer[0]

    def plan(self, specs: Sequence[Spec], *, adopt: bool = False) -> tuple[list[Step], list[JobPlan]]:
        frame = plan_frame(self.aws, self.owner, specs)
        names = {"cluster", "lock table", "queue"}
        self.aws.coming = frozenset(step.name for step in frame if step.kind in names and step.action == "add")
        options = Options(self.owner, create=True, adopt=adopt)
        return frame, plan_jobs(self.aws, [(f"jobs/{one.name}/ecs.yml", one) for one in specs], options)

    def register(self, specs: Sequence[Spec], *, adopt: bool = False) -> None:
        frame, jobs = self.plan(specs, adopt=adopt)
        refused = {job.name: job.refusals for job in jobs if job.refusals}
        assert not refused, refused
        writer = self.writer
        apply_steps(writer, "shared", frame, lambda step: None)
        apply_plans(writer, jobs, lambda job, step: None)
        self.aws.coming = frozenset()

    def switch(self, specs: Sequence[Spec], *, on: bool = True) -> None:
        writer = self.writer
        for spec in specs:
            for frame in frames.find(self.aws, self.owner, spec.name):
                if frame.backend != "workflow" and frame.enabled != on:
                    frames.switch(writer, self.owner, frame, on=on)
            apply_steps(writer, spec.name, plan_alarms(self.aws, self.owner, [spec]), lambda step: None)

    def left(self, specs: Sequence[Spec]) -> list[str]:
        """What a plan would still do, as words; empty where it says "no changes"."""
        frame, jobs = self.plan(specs)
        steps = [*frame, *(step for job in jobs for step in job.steps)]
        found = [f"{step.action} {step.kind} {step.name}: {step.changes}" for step in steps if step.action != "same"]
        return found + [text for job in jobs for text in job.refusals]

    def refusals(self, specs: Sequence[Spec], *, adopt: bool = False) -> list[str]:
        return [text for job in self.plan(specs, adopt=adopt)[1] for text in job.refusals]

    def client(self, service: str) -> Any:
        return self.writer.client(service)

    def policy(self, role: str) -> dict[str, Any]:
        """The inline policy of a role, statement by Sid."""
        document = self.client("iam").get_role_policy(RoleName=role, PolicyName="cron2fargate")["PolicyDocument"]
        return {statement["Sid"]: statement for statement in document["Statement"]}

    def tags(self, rule: str) -> dict[str, str]:
        events = self.client("events")
        arn = events.describe_rule(Name=rule)["Arn"]
        return {tag["Key"]: tag["Value"] for tag in events.list_tags_for_resource(ResourceARN=arn)["Tags"]}


_CLIENTS: dict[tuple[str, bool], dict[str, Any]] = {}


@contextmanager
def world() -> Iterator[None]:
    """An empty AWS, whatever the accounts and regions in it."""
    some = settings({"any": "ap-northeast-1"}).environments["any"]
    with rehearsal(some, []):
        yield


def site(found: Settings, name: str, account: str = HOME, **changes: Any) -> Site:
    """Clients of one environment in ``account``; the embedded AWS has an account for each role that is taken on."""
    environment = found.environments[name].model_copy(update=changes)
    aws = connect(environment, read_only=True, offline=True)
    if account == HOME:
        # The embedded AWS behind them is another one for each test; its accounts are known by their keys.
        aws._clients = _CLIENTS.setdefault((environment.region, True), aws._clients)
        writer = aws.writer()
        writer._clients = _CLIENTS.setdefault((environment.region, False), writer._clients)
        return Site(aws, found.owner, [writer])
    role = f"arn:aws:iam::{account}:role/there"
    keys = boto3.client("sts", region_name="us-east-1").assume_role(RoleArn=role, RoleSessionName="there")[
        "Credentials"
    ]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], environment.region)
    aws = replace(aws, session=session, account=account, _clients={})
    return Site(aws, found.owner)


def started(live: Site, spec: Spec) -> list[str]:
    """The ARNs that the job's rules or schedules start, and whose role they take on."""
    found = []
    for frame in frames.find(live.aws, live.owner, spec.name):
        target = frame.target or {}
        found += [target.get("Arn", ""), target.get("RoleArn", "")]
        found.append(target.get("EcsParameters", {}).get("TaskDefinitionArn", ""))
    return [arn for arn in found if arn]


def as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
