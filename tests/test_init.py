"""init: JSON as teams type it for the aws CLI -> a workspace; what ecs.yml cannot say is named, and what is there stays."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml

from converters.inventory.sizes import amount, sizes
from converters.specs.model import load_spec
from migrate.beginning.asking import ask
from migrate.beginning.network import Group, Offer, Subnets
from migrate.beginning.taking import Given
from migrate.cli import cli
from migrate.errors import UserError
from migrate.review.asking import Reply
from migrate.review.questions import Question
from migrate.settings.loading import default_settings_text
from migrate.settings.model import parse_settings
from migrate.settings.writing import settings_text
from tests.cli import ROOT, Result

REGION, ACCOUNT = "ap-northeast-1", "123456789012"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/cron"
NETWORK = {
    "Subnets": ["subnet-0123456789abcdef0"],
    "SecurityGroups": ["sg-0123456789abcdef0"],
    "AssignPublicIp": "ENABLED",
}
HERE = ("--region", REGION, "--subnet", "subnet-01234567", "--security-group", "sg-01234567")


def task(family: str = "billing", **more: Any) -> dict[str, Any]:
    box = {"name": "app", "image": "app:1", "essential": True, **more.pop("box", {})}
    return {"family": family, "cpu": "256", "memory": "512", "containerDefinitions": [box], **more}


def rule(name: str = "nightly", **more: Any) -> dict[str, Any]:
    return {"Name": name, "ScheduleExpression": "cron(0 18 * * ? *)", **more}


def targets(name: str = "nightly", family: str = "billing", **more: Any) -> dict[str, Any]:
    ecs = {
        "TaskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}",
        "NetworkConfiguration": {"awsvpcConfiguration": NETWORK},
        **more.pop("ecs", {}),
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/ecsEventsRole"
    return {"Rule": name, "Targets": [{"Id": "1", "Arn": CLUSTER, "RoleArn": role, "EcsParameters": ecs, **more}]}


def run(*words: str, cwd: Path, data: bytes = b"") -> Result:
    """As a process does it, in this one: a hundred processes would take minutes."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    given = io.TextIOWrapper(io.BytesIO(data))
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", given)
        try:
            code = cli.main(list(words), standalone_mode=False) or 0
        except UserError as error:
            code = error.exit_code
            err.write(f"{error}\n")
    return Result(code, out.getvalue(), err.getvalue())


def init(at: Path, *values: Any, options: tuple[str, ...] = ()) -> Result:
    """``cron2fargate init`` on the values as files."""
    words: list[str] = []
    for number, value in enumerate(values):
        (at / f"{number}.json").write_text(value if isinstance(value, str) else json.dumps(value))
        words += ["--from", f"{number}.json"]
    return run("init", *words, *options, cwd=at)


def ecs(at: Path, job: str = "nightly") -> dict[str, Any]:
    text = (at / "migration" / "jobs" / job / "ecs.yml").read_text()
    load_spec(text, "ecs.yml")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def settings(at: Path) -> dict[str, Any]:
    text = (at / "migration" / "cron2fargate.yml").read_text()
    parse_settings(text, "cron2fargate.yml")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_the_four_files_of_a_team(tmp_path: Path) -> None:
    executing = f"arn:aws:iam::{ACCOUNT}:role/ecsTaskExecutionRole"
    box = {"command": ["rake", "billing"], "environment": [{"name": "RAILS_ENV", "value": "production"}]}
    done = init(tmp_path, task(box=box, executionRoleArn=executing), rule(), targets(), options=("--owner", "pay"))
    assert done.code == 0, done.err
    made = ecs(tmp_path)
    assert made["schedule"] == {"scheduleExpression": "cron(0 18 * * ? *)", "taskCount": 1}
    assert made["cluster"] == "cron"
    (app,) = made["containers"]
    assert app == {
        "name": "app",
        "cpu": 256,
        "memory": 512,
        "image": "app:1",
        "command": ["rake", "billing"],
        "environment": {"RAILS_ENV": "production"},
    }
    kept = settings(tmp_path)
    assert kept["owner"] == "pay"
    sandbox = kept["environments"]["sandbox"]
    assert sandbox["region"] == REGION
    assert sandbox["subnets"] == NETWORK["Subnets"]
    assert sandbox["securityGroups"] == NETWORK["SecurityGroups"]
    assert sandbox["assignPublicIp"] == "ENABLED"
    assert sandbox["executionRole"] == executing
    assert sandbox["eventsRole"].endswith("role/ecsEventsRole")
    assert "CHANGE_ME" not in yaml.safe_dump(kept)


SERVICE = {
    "serviceName": "worker",
    "cluster": "cron",
    "taskDefinition": "billing:7",
    "desiredCount": 2,
    "launchType": "FARGATE",
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["subnet-01234567"], "securityGroups": ["sg-01234567"]}
    },
}
SCHEDULE = {
    "Name": "tokyo",
    "ScheduleExpression": "cron(0 3 * * ? *)",
    "ScheduleExpressionTimezone": "Asia/Tokyo",
    "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
    "Target": targets()["Targets"][0] | {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler"},
}
del SCHEDULE["Target"]["Id"]  # type: ignore[attr-defined]


def test_a_service(tmp_path: Path) -> None:
    done = init(tmp_path, task(), SERVICE, options=("--region", REGION))
    assert done.code == 0, done.err
    assert ecs(tmp_path, "worker")["service"] == {"desiredCount": 2}
    assert settings(tmp_path)["environments"]["sandbox"]["subnets"] == ["subnet-01234567"]


def test_a_schedule_of_scheduler(tmp_path: Path) -> None:
    assert init(tmp_path, task(), SCHEDULE).code == 0
    made = ecs(tmp_path, "tokyo")["schedule"]
    assert made == {
        "scheduleExpression": "cron(0 3 * * ? *)",
        "timezone": "Asia/Tokyo",
        "flexibleWindow": 5,
        "taskCount": 1,
    }
    assert settings(tmp_path)["environments"]["sandbox"]["schedulerRole"].endswith("role/scheduler")


def test_a_task_definition_alone_waits_for_its_schedule(tmp_path: Path) -> None:
    done = init(tmp_path, task(), options=("--region", REGION))
    assert done.code == 0
    assert "no file says when it starts" in done.out
    assert "CHANGE_ME stands for subnets, securityGroups" in done.out
    assert ecs(tmp_path, "billing")["service"] == {"desiredCount": 0}


# (what is given beside the usual, what must be told or stand in the job's ecs.yml)
NAMED: list[tuple[str, Any, Any, Any, list[str]]] = [
    ("not on Fargate", {"box": {"privileged": True}}, {}, {}, ["privileged is not possible on Fargate"]),
    ("instances", {"requiresCompatibilities": ["EC2"]}, {}, {}, ["it ran on EC2; it becomes a task of Fargate"]),
    ("bridge", {"networkMode": "bridge"}, {}, {}, ["network mode bridge becomes awsvpc"]),
    (
        "placement",
        {"placementConstraints": [{"type": "memberOf", "expression": "x"}]},
        {},
        {},
        ["placementConstraints"],
    ),
    (
        "a directory of the instance",
        {"volumes": [{"name": "d", "host": {"sourcePath": "/data"}}]},
        {},
        {},
        ["/data", "becomes an empty one"],
    ),
    ("another log driver", {"box": {"logConfiguration": {"logDriver": "syslog"}}}, {}, {}, ["log driver syslog"]),
    ("a rule on events", {}, {"EventPattern": '{"source": ["x"]}'}, {}, ["starts on events too"]),
    (
        "placement of a target",
        {},
        {},
        {"ecs": {"PlacementStrategy": [{"type": "random"}]}},
        ["PlacementStrategy is left out"],
    ),
    ("its group", {}, {}, {"ecs": {"Group": "g"}}, ["Group is left out"]),
    ("an input of its own", {}, {}, {"Input": "[1]"}, ["its input is no JSON of overrides"]),
    ("a path", {}, {}, {"InputPath": "$.detail"}, ["InputPath is left out"]),
    (
        "two providers",
        {},
        {},
        {
            "ecs": {
                "CapacityProviderStrategy": [{"capacityProvider": p, "weight": 1} for p in ("FARGATE", "FARGATE_SPOT")]
            }
        },
        ["of its capacity providers FARGATE is taken alone"],
    ),
    ("a role that is none", {"taskRoleArn": "arn:aws:iam::<account>:role/x"}, {}, {}, ["nothing that taskRole"]),
    ("retries", {}, {}, {"RetryPolicy": {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}}, []),
]


@pytest.mark.parametrize(
    ("task_more", "rule_more", "target_more", "told"), [one[1:] for one in NAMED], ids=[n[0] for n in NAMED]
)
def test_nothing_is_dropped_silently(
    tmp_path: Path, task_more: Any, rule_more: Any, target_more: Any, told: list[str]
) -> None:
    done = init(tmp_path, task(**task_more), rule(**rule_more), targets(**target_more))
    assert done.code == 0, done.err
    text = (tmp_path / "migration/jobs/nightly/ecs.yml").read_text()
    for words in told:
        assert words in done.out
        assert words in text, "it stands above the file as well"
    ecs(tmp_path)
    settings(tmp_path)


def test_what_only_aws_has_a_word_for_is_passed_on(tmp_path: Path) -> None:
    box = {
        "dockerLabels": {"team": "pay"},
        "memoryReservation": 128,
        "portMappings": [{"containerPort": 80, "hostPort": 8080}],
        "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}],
        "stopTimeout": 30,
    }
    assert init(tmp_path, task(box=box, pidMode="task"), rule(), targets()).code == 0
    made = ecs(tmp_path)
    assert made["containers"][0]["stopTimeout"] == 30
    (more,) = made["taskDefinition"]["containerDefinitions"]
    assert more.keys() == {"name", "dockerLabels", "memoryReservation", "portMappings", "systemControls"}
    assert more["portMappings"] == [{"containerPort": 80}]
    assert made["taskDefinition"]["pidMode"] == "task"


def test_the_input_of_a_target_stands_in_its_job(tmp_path: Path) -> None:
    told = {
        "containerOverrides": [{"name": "app", "command": ["rake", "x"], "environment": [{"name": "A", "value": "2"}]}]
    }
    box = {"command": ["serve"], "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]}
    done = init(tmp_path, task(box=box), rule(), targets(Input=json.dumps(told)))
    assert done.code == 0
    (app,) = ecs(tmp_path)["containers"]
    assert app["command"] == ["rake", "x"]
    assert "its input stays and wins until somebody takes it out" in done.out
    assert app["environment"] == {"A": "2", "B": "1"}


def test_two_rules_of_one_definition_are_two_jobs(tmp_path: Path) -> None:
    other = targets(
        "weekly", ecs={"NetworkConfiguration": {"awsvpcConfiguration": {**NETWORK, "Subnets": ["subnet-99999999"]}}}
    )
    third = targets("monthly")
    done = init(tmp_path, task(), rule(), targets(), rule("weekly"), other, rule("monthly"), third)
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "migration/jobs").iterdir()} == {"nightly", "weekly", "monthly"}
    assert settings(tmp_path)["environments"]["sandbox"]["jobs"] == {"weekly": {"subnets": ["subnet-99999999"]}}


SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("a variable", {"environment": [{"name": "DB_PASSWORD", "value": "Sw0rdf1sh-42"}]}),
    ("an address", {"environment": [{"name": "URL", "value": "postgres://app:Sw0rdf1sh-42@db/app"}]}),
    ("a shell's text", {"command": ["sh", "-c", "mysqldump -pSw0rdf1sh-42 shop"]}),
    ("words", {"command": ["mysqldump", "-pSw0rdf1sh-42", "shop"]}),
    ("two words", {"command": ["curl", "-u", "bob:Sw0rdf1sh-42", "https://x"]}),
    ("an entry point", {"entryPoint": ["curl", "-u", "bob:Sw0rdf1sh-42"]}),
    ("a label", {"dockerLabels": {"api_key": "Sw0rdf1sh-42"}}),
    ("a log's token", {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "Sw0rdf1sh-42"}}}),
    ("a health check", {"healthCheck": {"command": ["CMD-SHELL", "curl -u bob:Sw0rdf1sh-42 localhost"]}}),
    ("of a wrong type", {"environment": [{"name": "DB_PASSWORD", "value": ["Sw0rdf1sh-42"]}]}),
    ("of a wrong place", {"Sw0rdf": 1, "environment": [{"name": "DB_PASSWORD", "wert": "Sw0rdf1sh-42"}]}),
]


@pytest.mark.parametrize("box", [one[1] for one in SECRETS], ids=[one[0] for one in SECRETS])
def test_no_secret_comes_through(tmp_path: Path, box: dict[str, Any]) -> None:
    done = init(tmp_path, task(box=box), rule(), targets())
    made = tmp_path / "migration"
    texts = [path.read_text() for path in made.rglob("*") if path.is_file()] if made.exists() else []
    assert not [text for text in [done.out, done.err, *texts] if "Sw0rdf1sh" in text]
    assert done.code == 2 or "stood in" in done.out


def test_a_secret_of_a_variable_becomes_a_parameter(tmp_path: Path) -> None:
    box = {"environment": [{"name": "DB_PASSWORD", "value": "Sw0rdf1sh-42"}, {"name": "KEY", "value": "CHANGE_ME"}]}
    done = init(tmp_path, task(box=box), rule(), targets(), options=("--owner", "pay"))
    (app,) = ecs(tmp_path)["containers"]
    assert app["secrets"] == {"DB_PASSWORD": "/cron2fargate/pay/DB_PASSWORD"}
    assert app["environment"] == {"KEY": "CHANGE_ME"}
    assert "aws ssm put-parameter" in done.out


# (text of a file, words of the one sentence about it)
BAD: list[tuple[bytes, str]] = [
    (b"", "it is empty"),
    (b"{", "not JSON (line 1)"),
    (b"\xff\xfe\xfa", "not"),
    (b'{"family": "x", "containerDefinitions": [{"name": "caf\xe9"}]}', "not UTF-8 text"),
    (b"[" * 100_000, "nested too deep"),
    (b"[]", "no JSON of register-task-definition"),
    (b"3", "no JSON of register-task-definition"),
    (b'{"a": 1, "a": 2}', "stands twice"),
    (b'{"hello": 1}', "it has hello"),
    (
        b'{"family": "x", "containerDefinitions": [{"name": "app", "image": 3}]}',
        "containerDefinitions[0].image is not a text",
    ),
    (b'{"family": "x", "containerDefinitions": [{"name": "app", "imgae": "x"}]}', "did you mean 'image'?"),
    (b'{"containerDefinitions": [{"name": "app", "image": "x"}]}', "family is missing"),
    (b'[{"name": "app", "image": "x"}]', "these are the containers alone"),
    (b'{"Targets": [{"Id": "1", "Arn": "x"}]}', "of which rule these targets are"),
    (b'{"Name": "x", "ScheduleExpression": 5}', "ScheduleExpression is not a text"),
    (b'{"family": "x", "containerDefinitions": "' + b"x" * (1 << 20) + b'"}', "more than 1,048,576 bytes"),
]


@pytest.mark.parametrize(("data", "words"), BAD, ids=[words for _data, words in BAD])
def test_a_bad_file_is_one_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "bad.json").write_bytes(data)
    done = run("init", "--from", "bad.json", *HERE, cwd=tmp_path)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "bad.json: " in done.err
    assert words in done.err
    assert not (tmp_path / "migration").exists()


def test_a_directory_a_link_to_nowhere_and_nothing_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("nowhere")
    for name, words in {"d": "a directory", "l": "leads nowhere", "n": "no such file", "/dev/zero": "not"}.items():
        done = run("init", "--from", name, *HERE, cwd=tmp_path)
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert words in done.err


def test_standard_input_and_a_pipe(tmp_path: Path) -> None:
    text = json.dumps({"taskDefinition": task() | {"revision": 3, "status": "ACTIVE"}, "tags": []}).encode()
    assert run("init", "--from", "-", *HERE, cwd=tmp_path, data=text).code == 0
    assert ecs(tmp_path, "billing")["name"] == "billing"
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen(["sh", "-c", "cat >fifo"], cwd=tmp_path, stdin=subprocess.PIPE) as writer:
        assert writer.stdin is not None
        command = [sys.executable, "-m", "migrate.cli", "init", "--from", "fifo", *HERE, "--out", "second"]
        with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}) as reader:
            writer.stdin.write(text)
            writer.stdin.close()
            assert reader.wait(60) == 0
    assert (tmp_path / "second/jobs/billing/ecs.yml").exists()


def test_what_is_there_stays(tmp_path: Path) -> None:
    assert init(tmp_path, task(), rule(), targets(), options=("--owner", "pay")).code == 0
    files = {path: path.read_bytes() for path in (tmp_path / "migration").rglob("*") if path.is_file()}
    done = init(tmp_path, task(box={"command": ["other"]}), rule(), targets(), rule("weekly"), targets("weekly"))
    assert done.code == 1
    assert "jobs/nightly/ecs.yml is there already and stays as it is" in done.out
    assert "+ migration/jobs/weekly/ecs.yml" in done.out
    assert {path: path.read_bytes() for path in files} == files
    network = {"awsvpcConfiguration": {**NETWORK, "Subnets": ["subnet-99999999"]}}
    tagged = task(tags=[{"key": "team", "value": "pay"}])
    other = init(tmp_path, tagged, rule("monthly"), targets("monthly", ecs={"NetworkConfiguration": network}))
    assert other.code == 0
    assert 'stays; it does not have subnets: ["subnet-99999999"] (monthly)' in other.out
    assert 'does not have tags: {"team": "pay"} (monthly)' in other.out
    assert "Role" not in other.out and "securityGroups" not in other.out
    alone = run("init", *HERE, cwd=tmp_path)
    assert (alone.code, alone.err.count("\n")) == (2, 1)
    assert "cron2fargate.yml: it is there" in alone.err


@pytest.mark.parametrize(
    "place", ["migration", "migration/jobs", "migration/jobs/nightly", "migration/cron2fargate.yml"]
)
def test_no_link_is_followed_out(tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside if place != "migration/cron2fargate.yml" else outside / "new.yml")
    done = init(tmp_path, task(), rule(), targets(), options=("--out", "migration"))
    if place != "migration":  # what a person names may be a link
        assert done.code in (1, 2)
        assert list(outside.iterdir()) == []


def test_options_alone_make_settings(tmp_path: Path) -> None:
    done = run("init", *HERE, "--notify", "ops@example.com", "--cluster", "batch", "-e", "production", cwd=tmp_path)
    assert done.code == 0, done.err
    made = settings(tmp_path)["environments"]["production"]
    assert made["cluster"] == "batch"
    assert made["notifications"] == {"email": ["ops@example.com"]}
    assert made["executionRole"].startswith("cron2fargate-")
    assert "CHANGE_ME" not in yaml.safe_dump(made)
    assert "Replace every" not in (tmp_path / "migration/cron2fargate.yml").read_text()


OPTIONS = [
    ((), "give --region, --subnet, --security-group"),
    (("--region", REGION), "give --subnet, --security-group"),
    (("--region", "nowhere"), "--region: 'nowhere' is not a region"),
    (("--subnet", "x"), "--subnet: 'x' is not a subnet id"),
    (("--security-group", "x"), "--security-group: 'x' is not"),
    (("-e", "a b", *HERE), "-e: 'a b' cannot be an environment"),
    (("--notify", "x"), "--notify: 'x' is not an e-mail address"),
    (("--cluster", "a b"), "--cluster: 'a b' is not"),
    (tuple(word for n in range(17) for word in ("--subnet", f"subnet-{n:08x}")), "--subnet: 16 are the most"),
]


@pytest.mark.parametrize(("options", "words"), OPTIONS, ids=[words for _options, words in OPTIONS])
def test_what_is_missing_or_wrong_is_named(tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    done = run("init", *options, cwd=tmp_path)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert words in done.err
    assert not (tmp_path / "migration").exists()


AMOUNTS = [
    ("256", 256),
    (".5 vCPU", 512),
    ("1 vcpu", 1024),
    ("2GB", 2048),
    ("0.5 GB", 512),
    (None, None),
    ("x", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "wanted"), AMOUNTS)
def test_amounts(text: Any, wanted: Any) -> None:
    assert amount(text) == wanted


# (task's CPU and memory, (CPU, memory, reservation) of each container, what each gets)
SIZES: list[tuple[Any, Any, list[tuple[Any, ...]], list[tuple[int, int]]]] = [
    ("256", "512", [(None, None)], [(256, 512)]),
    ("512", "1024", [(None, None), (None, None)], [(256, 512), (256, 512)]),
    ("512", "1024", [(0, 300), (64, None)], [(448, 300), (64, 724)]),
    ("1024", "4096", [(256, 512)], [(1024, 4096)]),
    (None, None, [(None, None)], [(256, 512)]),
    (None, None, [(100, 128), (None, None, 64)], [(100, 128), (256, 512)]),
    ("300", "700", [(None, None)], [(300, 700)]),
]


@pytest.mark.parametrize(("cpu", "memory", "boxes", "wanted"), SIZES)
def test_sizes(cpu: Any, memory: Any, boxes: list[tuple[Any, ...]], wanted: list[tuple[int, int]]) -> None:
    given = [
        {"name": str(n), **dict(zip(("cpu", "memory", "memoryReservation"), one, strict=False))}
        for n, one in enumerate(boxes)
    ]
    assert sizes({"cpu": cpu, "memory": memory}, given, "X86_64")[0] == wanted


def test_each_key_of_the_settings_stands_once() -> None:
    values = {
        "region": "us-east-1",
        "cluster": "batch",
        "subnets": ["subnet-01234567"],
        "retry": {"maximumRetryAttempts": 1, "maximumEventAgeInSeconds": 60},
        "tags": {"team": "x"},
        "jobs": {"a": {"taskRole": "r"}},
        "notifications": {"email": ["a@example.com"]},
        "platformVersion": "1.4.0",
    }
    text = settings_text("pay", "prod", values)
    read = yaml.safe_load(text)["environments"]["prod"]
    assert {key: read[key] for key in values} == values
    for key in values:
        assert sum(line.lstrip(" #").startswith(f"{key}:") for line in text.splitlines()) == 1, key
    untouched = yaml.safe_load(default_settings_text())["environments"]["sandbox"]
    assert {key: read[key] for key in untouched if key not in values} == {
        key: value for key, value in untouched.items() if key not in values
    }


NOTHING = Offer()
SOME = Offer(
    ("cron", "web"),
    (
        Subnets("vpc-1", True, ("subnet-0000000a", "subnet-0000000b")),
        Subnets("vpc-2", False, ("subnet-0000000c",)),
    ),
    (Group("sg-0000000a", "web", "vpc-1"), Group("sg-0000000b", "jobs", "vpc-2")),
)
ALL = ("region", "cluster", "subnets", "security_groups", "notify")
TYPED = Given("eu-west-1", "batch", ("subnet-01234567", "subnet-89abcdef"), ("sg-01234567",), ("a@example.com",))


class Typing:
    """Answers by what a question is about, as text or as the value of an option; it keeps what it was asked and told."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers, self.asked, self.said = answers, list[Question](), list[str]()

    def ask(self, question: Question, actions: Any, last: Reply | None) -> Reply:
        self.asked.append(question)
        word = self.answers[question.key].pop(0)
        if word in ("back", "explain", "end"):
            assert word in actions
            return Reply(word)  # type: ignore[arg-type]
        known = {option.value for option in question.options} - {"typed"}
        return Reply("answer", word) if word in known else Reply("answer", "typed", word)

    def say(self, text: str, style: str = "") -> None:
        self.said.append(text)

    def heading(self, text: str) -> None: ...
    def rows(self, rows: Any) -> None: ...
    def edit(self, text: str) -> str | None: ...


def answers(**changed: list[str]) -> dict[str, list[str]]:
    return {
        "region": ["eu-west-1"],
        "cluster": ["batch"],
        "subnets": ["subnet-01234567, subnet-89abcdef"],
        "security_groups": ["sg-01234567"],
        "notify": ["a@example.com"],
        **changed,
    }


def test_five_questions() -> None:
    asker = Typing(**answers())
    assert ask(asker, Given(), ALL, lambda region: NOTHING) == TYPED
    assert [question.key for question in asker.asked] == list(ALL)


def test_a_wrong_answer_is_told_and_asked_again_and_one_can_go_back() -> None:
    asker = Typing(
        **answers(
            region=["nowhere", "us-east-1", "eu-west-1"],
            cluster=["back", "explain", "batch"],
            subnets=["", "x", "subnet-01234567, subnet-89abcdef"],
        )
    )
    assert ask(asker, Given(), ALL, lambda region: NOTHING) == TYPED
    assert "'nowhere' is not a region such as ap-northeast-1" in asker.said
    assert "'x' is not a subnet id (subnet-…)" in asker.said
    assert any("register --create" in text for text in asker.said)


def test_what_the_account_has_is_offered() -> None:
    asker = Typing(
        **answers(cluster=["web"], subnets=["subnet-0000000a,subnet-0000000b"], security_groups=["sg-0000000a"])
    )
    found = ask(asker, Given(), ALL, lambda region: SOME if region == "eu-west-1" else NOTHING)
    assert found.subnets == ("subnet-0000000a", "subnet-0000000b")
    assert found.public, "public subnets have no other way out"
    assert found.values()["assignPublicIp"] == "ENABLED"
    by_key = {question.key: [option.value for option in question.options] for question in asker.asked}
    assert by_key["cluster"] == ["cron", "web", "typed"]
    assert by_key["subnets"][0] == "subnet-0000000c", "private ones first"
    assert by_key["security_groups"] == ["sg-0000000a", "typed"], "those of the subnets' network"


def test_nobody_has_to_be_told_and_who_leaves_leaves_nothing() -> None:
    assert ask(Typing(**answers(notify=[""])), Given(), ALL, lambda region: NOTHING).notify == ()
    with pytest.raises(UserError, match="nothing was written"):
        ask(Typing(**answers(subnets=["end"])), Given(), ALL, lambda region: NOTHING)


def test_questions_as_lines_of_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.beginning.network.offer", lambda region, profile: NOTHING)
    lines = "eu-west-1\nbatch\nsubnet-01234567\nsg-01234567\n\n"
    done = run("init", "--plain", cwd=tmp_path, data=lines.encode())
    assert done.code == 0, done.err + done.out
    made = settings(tmp_path)["environments"]["sandbox"]
    assert (made["region"], made["cluster"], made["subnets"]) == ("eu-west-1", "batch", ["subnet-01234567"])
    ended = run("init", "--plain", "--out", "other", cwd=tmp_path, data=b"eu-west-1\n")
    assert (ended.code, ended.err) == (1, "nothing was written\n")
    assert not (tmp_path / "other").exists()


def test_only_what_the_files_lack_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.beginning.network.offer", lambda region, profile: SOME)
    (tmp_path / "task.json").write_text(json.dumps(task()))
    done = run("init", "--from", "task.json", "--region", REGION, "--plain", cwd=tmp_path, data=b"1\n1\n")
    assert done.code == 0, done.err + done.out
    made = settings(tmp_path)["environments"]["sandbox"]
    assert (made["subnets"], made["securityGroups"]) == (["subnet-0000000c"], ["sg-0000000b"])
