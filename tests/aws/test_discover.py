"""discover: an account that other people filled, over HTTP, beside a workspace; and what is shown where little may be read."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from moto.server import ThreadedMotoServer

from converters.frame.operators import DISCOVER
from converters.frame.place import Place
from converters.rights.requests import Account, refused
from migrate.aws.printed import Guard, printed
from migrate.aws.session import DISCOVER_CALLS, Aws, connect
from migrate.cli import cli
from migrate.settings.model import parse_settings
from tests.cli import Result

REGION, ACCOUNT = "ap-northeast-1", "123456789012"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/cron"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/events"
TABLE = """\
TZ=UTC
CRON_TZ=UTC
30 3 * * * root /opt/app/nightly --all
0 * * * * root php /srv/app/artisan report:send
15 4 * * 1 root /opt/app/weekly
"""


def run_inside(*arguments: object) -> Result:
    """The command in this process, so that its clients can be watched."""
    done = CliRunner(env={"COLUMNS": "300"}).invoke(cli, list(map(str, arguments)), standalone_mode=False)
    if done.exception:
        raise done.exception
    return Result(done.return_value or 0, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": address,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
    session = boto3.Session(region_name=REGION)
    return lambda service: session.client(service, endpoint_url=address)


def rule(client: Any, name: str, expression: str, *targets: dict[str, Any], tags: dict[str, str] | None = None) -> None:
    listed = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    client("events").put_rule(Name=name, ScheduleExpression=expression, Tags=listed)
    client("events").put_targets(Rule=name, Targets=[{"Id": str(n), **one} for n, one in enumerate(targets)])


def family(client: Any, name: str, image: str, *command: str, tags: dict[str, str] | None = None) -> str:
    box: dict[str, Any] = {"name": "app", "image": image, "memory": 512}
    answer = client("ecs").register_task_definition(
        family=name,
        containerDefinitions=[box | ({"command": list(command)} if command else {})],
        tags=[{"key": key, "value": value} for key, value in (tags or {}).items()],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def task(definition: str, *command: str) -> dict[str, Any]:
    told = {"containerOverrides": [{"name": "app", "command": list(command)}]} if command else None
    return {
        "Arn": CLUSTER,
        "RoleArn": ROLE,
        "EcsParameters": {"TaskDefinitionArn": definition},
        **({"Input": json.dumps(told)} if told else {}),
    }


def override(command: str) -> dict[str, Any]:
    return {"ContainerOverrides": [{"Name": "app", "Command": [command]}]}


def fill(client: Any) -> None:
    """An account as others leave it."""
    client("ecs").create_cluster(clusterName="cron")
    app = family(client, "app", "registry.example.com/app:1", "serve")
    nightly = family(client, "old-nightly", "registry.example.com/app:2", "sh", "-c", "/opt/app/nightly --all")
    rule(
        client,
        "nightly-by-stack",
        "cron(30 3 * * ? *)",
        task(nightly),
        tags={"aws:cloudformation:stack-name": "cron-stack"},
    )
    # the name that a job of the workspace would take, by nobody
    rule(client, "app-weekly", "rate(7 days)", task(app, "php", "artisan", "weekly"))
    rule(
        client,
        "reports",
        "cron(0 0/2 * * ? *)",
        task(app, "php", "/srv/app/artisan", "report:send"),
        tags={"ManagedBy": "terraform"},
    )
    rule(client, "push", "cron(0 9 ? * MON-FRI *)", {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:push"})
    rule(client, "push-again", "cron(0 9 * * ? *)", {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:push"})
    rule(client, "off", "rate(1 minute)", task(app, "mysqldump", "--password=Sw0rdf1sh-42", "shop"))
    client("events").disable_rule(Name="off")
    client("events").put_rule(Name="not-scheduled", EventPattern=json.dumps({"source": ["aws.ecs"]}))
    client("scheduler").create_schedule_group(Name="billing", Tags=[{"Key": "terraform", "Value": "true"}])
    client("scheduler").create_schedule(
        Name="invoice",
        GroupName="billing",
        ScheduleExpression="cron(0 9 1 * ? *)",
        ScheduleExpressionTimezone="Asia/Tokyo",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
            "RoleArn": ROLE,
            "Input": json.dumps(
                {
                    "Cluster": "cron",
                    "TaskDefinition": "app",
                    "Overrides": override("invoice"),
                }
            ),
        },
    )
    client("ecs").create_service(cluster="cron", serviceName="worker", taskDefinition="app", desiredCount=2)
    given = {"Cluster": CLUSTER, "TaskDefinition": "app", "Overrides": override("close")}
    run = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": given, "End": True}
    states = {"StartAt": "Run", "States": {"Run": run}}
    client("iam").create_role(RoleName="events", AssumeRolePolicyDocument="{}")
    machine = client("stepfunctions").create_state_machine(name="close", definition=json.dumps(states), roleArn=ROLE)
    rule(client, "close", "cron(0 18 L * ? *)", {"Arn": machine["stateMachineArn"], "RoleArn": ROLE})


def discover(*options: object, code: int) -> Any:
    done = run_inside("discover", "--format", "json", *options)
    assert done.code == code, done.err
    assert done.err == ""
    return json.loads(done.out)


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in found["starters"]}


def test_an_account_without_a_workspace(client: Any, tmp_path: Path) -> None:
    fill(client)
    found = discover("--out", tmp_path / "none", "--days", "31", code=1)  # push runs twice
    assert (found["version"], found["environment"], found["region"], found["account"]) == (1, None, REGION, ACCOUNT)
    known = by_name(found)
    assert set(known) == {
        "nightly-by-stack", "app-weekly", "reports", "push", "push-again", "off", "invoice", "worker", "close",
    }  # fmt: skip
    assert known["nightly-by-stack"]["maker"] == {
        "by": "CloudFormation",
        "name": "cron-stack",
        "environment": None,
        "job": None,
    }
    assert {name: one["maker"]["by"] for name, one in known.items() if one["maker"]["by"] != "unknown"} == {
        "nightly-by-stack": "CloudFormation", "reports": "Terraform", "invoice": "Terraform",
    }  # fmt: skip
    [work] = known["nightly-by-stack"]["works"]
    assert (work["kind"], work["name"], work["images"], work["command"]) == (
        "ecs", "old-nightly", ["registry.example.com/app:2"], "sh -c '/opt/app/nightly --all'",
    )  # fmt: skip
    [work] = known["invoice"]["works"]
    assert (work["name"], work["command"], work["images"]) == ("app", "invoice", ["registry.example.com/app:1"])
    assert [work["name"] for work in known["close"]["works"]] == ["close", "app"]
    assert known["close"]["works"][1]["command"] == "close"
    assert known["push"]["works"][0]["name"] == "push"
    assert (known["off"]["live"], known["worker"]["kind"], known["worker"]["place"]) == (False, "service", "cron")
    # nine in the morning of Tokyo is midnight in London
    assert {one[11:] for one in known["invoice"]["starts"]} == {"00:00:00Z"}
    assert known["app-weekly"]["starts"] is None
    assert known["app-weekly"]["next"] is None


def test_a_secret_of_a_command_is_shown_nowhere(client: Any, tmp_path: Path) -> None:
    fill(client)
    for form in ("table", "json"):
        done = run_inside("discover", "--format", form, "--out", tmp_path / "none")
        assert "mysqldump" in done.out
        assert "Sw0rdf1sh" not in done.out + done.err


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    (tmp_path / "etc/cron.d/app").write_text(TABLE)
    out = tmp_path / "migration"
    assert run_inside("scan", tmp_path / "etc/cron.d/app", "--out", out, "--timezone", "UTC").code == 0
    return out


def test_doubles_and_names_beside_a_workspace(client: Any, workspace: Path) -> None:
    fill(client)
    found = discover("--out", workspace, code=1)
    lines = {one["name"]: one for one in found["starters"] if one["kind"] == "crontab"}
    assert set(lines) == {"nightly-all", "report-send", "app-weekly"}
    assert lines["nightly-all"]["place"].endswith("etc/cron.d/app:3")
    doubled = {(one["first"]["name"], one["second"]["name"]): one for one in found["doubles"]}
    assert {pair: (one["same"], one["when"], one["runsTwice"]) for pair, one in doubled.items()} == {
        ("nightly-all", "nightly-by-stack"): ("command", "same", True),
        ("report-send", "reports"): ("command", "some", True),
        ("push", "push-again"): ("target", "some", True),
    }
    assert [(one["job"], one["kind"], one["name"], one["maker"]["by"]) for one in found["taken"]] == [
        ("app-weekly", "rule", "app-weekly", "unknown"),
    ]
    done = run_inside("discover", "--out", workspace)
    assert done.code == 1
    assert "crontab nightly-all" in done.out
    assert "the same command, at the same times" in done.out
    assert "app-weekly: the name app-weekly is taken by another rule (made by unknown)" in done.out


def test_what_register_makes_is_the_jobs_own(client: Any, workspace: Path) -> None:
    owner = next(
        line.split('"')[1]
        for line in (workspace / "cron2fargate.yml").read_text().splitlines()
        if line.startswith("owner")
    )
    client("ecs").create_cluster(clusterName="cron")
    mine = {"cron2fargate:owner": owner, "cron2fargate:environment": "sandbox", "cron2fargate:job": "nightly-all"}
    family_arn = family(client, "nightly-all", "registry.example.com/app:2", "/opt/app/nightly", "--all", tags=mine)
    rule(client, "nightly-all", "cron(30 3 * * ? *)", task(family_arn), tags=mine)
    found = discover("--out", workspace, code=0)
    assert (found["doubles"], found["taken"]) == ([], [])
    assert [one["job"] for one in found["starters"] if one["kind"] == "rule"] == ["nightly-all"]
    # the same under another owner's name
    theirs = {**mine, "cron2fargate:owner": "somebody"}
    client("events").untag_resource(
        ResourceARN=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly-all", TagKeys=list(mine)
    )
    client("events").tag_resource(
        ResourceARN=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly-all",
        Tags=[{"Key": key, "Value": value} for key, value in theirs.items()],
    )
    found = discover("--out", workspace, code=1)
    assert [one["when"] for one in found["doubles"]] == ["same"]
    assert [(one["kind"], one["maker"]["name"]) for one in found["taken"]] == [("rule", "somebody")]


class Denying:
    """Answers some operations as IAM refuses them."""

    def __init__(self, *operations: str) -> None:
        self.operations, self.calls = operations, list[tuple[str, str]]()

    def watch(self, client: Any) -> None:
        client.meta.events.register("before-parameter-build", self._before)

    def _before(self, params: Any, model: Any, **_: Any) -> None:
        self.calls.append((model.service_model.service_name, model.name))
        if model.name in self.operations:
            prefix = model.service_model.signing_name
            message = f"User: x is not authorized to perform: {prefix}:{model.name} on resource: arn:aws:x"
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, model.name)


@pytest.mark.parametrize(
    ("operation", "left", "said"),
    [
        ("ListRules", {"invoice", "worker"}, ["rules: these credentials lack events:ListRules"]),
        ("ListSchedules", {"push", "worker"}, ["schedules: these credentials lack scheduler:ListSchedules"]),
        (
            "GetSchedule",
            {"push", "worker", "invoice"},
            ["what schedules say: these credentials lack scheduler:GetSchedule"],
        ),
        (
            "ListTargetsByRule",
            {"push", "invoice"},
            ["targets of rules: these credentials lack events:ListTargetsByRule"],
        ),
        ("GetResources", {"push", "invoice"}, ["tags by page: these credentials lack tagging:GetResources"]),
        (
            "DescribeTaskDefinition",
            {"push", "invoice"},
            ["task definitions: these credentials lack ecs:DescribeTaskDefinition"],
        ),
        ("ListClusters", {"push", "invoice"}, ["clusters: these credentials lack ecs:ListClusters"]),
        (
            "DescribeStateMachine",
            {"close", "worker"},
            ["workflows: these credentials lack states:DescribeStateMachine"],
        ),
    ],
)
def test_what_may_not_be_read_is_told_and_the_rest_is_shown(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, left: set[str], said: list[str]
) -> None:
    fill(client)
    guard_all(monkeypatch, Denying(operation))
    found = discover("--out", tmp_path / "none", code=1)
    assert [one["what"] for one in found["unread"]] == said
    assert left <= set(by_name(found))
    done = run_inside("discover", "--out", tmp_path / "none")
    assert done.code == 1
    assert f"not read: {said[0]}" in done.out


def guard_all(monkeypatch: pytest.MonkeyPatch, guard: Any) -> None:
    def connected(*given: Any, **named: Any) -> Aws:
        aws = connect(*given, **named)
        aws.guard, aws._clients = guard, {}
        return aws

    monkeypatch.setattr("migrate.aws.session.connect", connected)


def test_the_printed_policy_is_all_that_it_needs(client: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call passes the policy, which is bound to the region and account; no call is made that it does not name."""
    fill(client)
    settings = parse_settings((workspace / "cron2fargate.yml").read_text(), "x")
    [environment] = settings.environments.values()
    place = Place(settings.owner, ACCOUNT, REGION, "sandbox")
    policy = printed(place, environment)[DISCOVER]
    aws = connect(environment, read_only=True)
    guard_all(monkeypatch, Guard(DISCOVER, policy, Account(aws.arn, whole=False)))
    discover("--out", workspace, code=1)
    recorded = Denying()
    guard_all(monkeypatch, recorded)
    discover("--out", workspace, code=1)
    assert set(recorded.calls) <= DISCOVER_CALLS
    # and each is asked for, but for Batch and workflows of a job's name, which this account has not, and who we are
    assert DISCOVER_CALLS - set(recorded.calls) == {
        ("batch", "DescribeJobDefinitions"),
        ("stepfunctions", "ListTagsForResource"),
        ("sts", "GetCallerIdentity"),
    }
    elsewhere = Account(lambda service, part, **_: f"arn:aws:{service}:us-east-1:{ACCOUNT}:{part}", whole=False)
    for service, name, params in (
        ("events", "ListRules", {}),
        ("ecs", "ListClusters", {}),
        ("scheduler", "GetSchedule", {"GroupName": "g", "Name": "n"}),
    ):
        [request] = elsewhere.requests(service, name, params)
        assert refused(request, policy), "another region's"
    for service, name in (("events", "PutRule"), ("secretsmanager", "GetSecretValue"), ("logs", "GetLogEvents")):
        [request] = Account(aws.arn, whole=False).requests(service, name, {"Name": "x", "SecretId": "x"})
        assert refused(request, policy), name


def test_the_region_of_the_environment_is_looked_at(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert discover("--out", tmp_path / "none", code=0)["region"] == "eu-west-1"
