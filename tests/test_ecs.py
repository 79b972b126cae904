"""ecs.yml: what loads, and every mistake with its line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from converters.specs import model as ecs
from converters.specs.model import SpecErrors, load_spec
from converters.specs.strict_yaml import read
from converters.specs.text import ecs_text
from migrate.settings.loading import schema_text

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

EVERYTHING = """\
type: FARGATE
name: all
capacityProvider: FARGATE_SPOT
containers:
- name: app
  cpu: 256
  memory: 512
  image: 123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/app@sha256:0123456789abcdef
  command: [bundle, exec, rake, "nightly[1]"]
  entryPoint: [/bin/tini, --]
  workingDirectory: /app
  user: "1000:1000"
  environment: {TZ: Asia/Tokyo, EMPTY: "", AT: 2020-01-01}
  secrets: {TOKEN: /app/token, KEY: "arn:aws:ssm:ap-northeast-1:123456789012:parameter/key"}
  logConfiguration: {logDriver: awslogs, options: {mode: non-blocking, max-buffer-size: 25m}}
- {name: sidecar, cpu: 32, memory: 64, image: agent, essential: false}
schedule:
  scheduleExpression: ["cron(0 3 * * ? *)", "cron(0 4 ? * MON-FRI *)"]
  timezone: Asia/Tokyo
  taskCount: 10
  guard: null
lock: {name: x, wait: 0}
timeout: 3600
retry: {attempts: 2}
success: [0, 1]
once: true
notify: {email: [ops@example.com]}
legacy: {path: /etc/crontab, line: 3, user: root, zone: Asia/Tokyo, raw: "0 3 * * * root x", id: abc}
"""


def test_the_design_example_loads_unchanged() -> None:
    spec = load_spec(KOYAMA, "ecs.yml")
    assert (spec.type, spec.cluster, spec.name) == ("FARGATE", "cron", "cron-koyama_test")
    assert spec.expressions == ["rate(1 minute)"]
    assert spec.containers[0].environment == {"WEBHOOK_URL": "https://hooks.example.com/services/xxxxxxxxx"}
    assert str(spec.size()) == "0.25 vCPU, 0.5 GB"


def test_everything_loads() -> None:
    spec = load_spec(EVERYTHING, "ecs.yml")
    assert len(spec.expressions) == 2
    assert spec.containers[0].environment["AT"] == "2020-01-01"
    assert str(spec.size()) == "0.5 vCPU, 1 GB"


def errors(text: str) -> list[str]:
    with pytest.raises(SpecErrors) as caught:
        load_spec(text, "ecs.yml")
    return [f"{error.line}: {error}" for error in caught.value.errors]


def test_every_mistake_at_once_with_its_line() -> None:
    text = """\
type: EC2
name: "a b"
cpu: 256
containers:
- name: app
  cpu: "256"
  memory: 512
  image: x
  privileged: true
  comand: [a]
  environment:
    A: 1
    B: yes
    NO: x
    C: [1]
  secrets:
    A: "not a secret"
- name: app
  cpu: 12.5
  image: ""
  command: run it
schedule:
  scheduleExpression: ["rate(1 minutes)", 5]
  timezone: Asia/Tokio
  taskCount: 11
  taskCount: 12
subnets: []
"""
    said = errors(text)
    wanted = [
        "1: type: 'EC2' is not possible; allowed: 'FARGATE'",
        "2: name: may have letters, digits, '-' and '_' only (it is a b)",
        "3: cpu: 'cpu' is not written for the task: it is the cheapest Fargate size that holds the containers; "
        "set it per container",
        "6: containers[0].cpu: must be a whole number, without quotes",
        "9: containers[0].privileged: 'privileged' is not possible on Fargate",
        "10: containers[0].comand: unknown key 'comand'; did you mean 'command'?",
        '12: containers[0].environment.A: must be text; write it in quotes: "1"',
        '13: containers[0].environment.B: must be text; write it in quotes: "yes"',
        '14: containers[0].environment: the key NO is not text in YAML; write it in quotes: "NO"',
        "15: containers[0].environment.C: must be text",
        "17: containers[0].secrets.A: 'A' stands in environment too; keep one",
        "17: containers[0].secrets.A: must be the ARN of a secret, or the name or ARN of an SSM parameter "
        "(it is not a secret)",
        "18: containers[1]: 'memory' is missing",
        "18: containers[1].name: two containers are named 'app'",
        "19: containers[1].cpu: must be a whole number, without quotes",
        "20: containers[1].image: must be an image such as repository/name:tag, without blanks",
        "21: containers[1].command: must be a list, one item a line: - item",
        '23: schedule.scheduleExpression[1]: must be text; write it in quotes: "5"',
        "24: schedule.timezone: 'Asia/Tokio' is not a time zone; did you mean 'Asia/Tokyo'?",
        "25: schedule.taskCount: must be at most 10 (it is 11)",
        "26: schedule.taskCount: 'taskCount' is written twice; it stands on line 25 already",
        "27: subnets: 'subnets' belongs in cron2fargate.yml, for all jobs of an environment",
    ]
    assert [line for line in said if not line.startswith("23: schedule.scheduleExpression[0]")] == wanted
    assert len(said) == len(wanted) + 1


# A change of the example, and what is said of it.
CHANGES = [
    ('type: "FARGATE"', "type: FARGATE\nnetworkMode: bridge", "'networkMode' belongs in cron2fargate.yml"),
    ("cpu: 256", "cpu: 0", "containers[0].cpu: must be at least 1 (it is 0)"),
    ("cpu: 256", "cpu: yes", "containers[0].cpu: must be a whole number"),
    ("cpu: 256", "cpu: 32768\n  essential: maybe", "containers[0].essential: must be true or false"),
    ("cpu: 256", "cpu: 256\n  essential: false", "containers: one container at least must be essential"),
    ("memory: 512", "memory: 5", "containers[0].memory: must be at least 6 (it is 5)"),
    ("cpu: 256", "cpu: 256\n  workingDirectory: app", "must be an absolute path, such as /app (it is app)"),
    ("cpu: 256", "cpu: 256\n  user: 1000", 'containers[0].user: must be text; write it in quotes: "1000"'),
    ("cpu: 256", "cpu: 256\n  links: [a]", "'links' is not possible on Fargate"),
    ("cpu: 256", "cpu: 256\n  logConfiguration: {logDriver: syslog}", "'syslog' is not possible; allowed: 'awslogs'"),
    (
        "cpu: 256",
        "cpu: 256\n  logConfiguration: {logDriver: awslogs, options: {awslogs-grup: x}}",
        "awslogs has no option 'awslogs-grup'; did you mean 'awslogs-group'?",
    ),
    ("cpu: 256", 'cpu: 256\n  command: [a, "b\\0c"]', "command[1]: holds a zero byte, which no program can be given"),
    ("example/docker-slack:latest", '"a:\\0"', "image: must be an image"),
    ("cpu: 256", 'cpu: 256\n  entryPoint: ["\\0"]', "entryPoint[0]: holds a zero byte"),
    ("cpu: 256", 'cpu: 256\n  user: "a\\0"', "user: holds a zero byte"),
    ("cpu: 256", 'cpu: 256\n  workingDirectory: "/a\\0"', "workingDirectory: must be an absolute path"),
    ("WEBHOOK_URL:", '"A=B":', "the name of a variable is not empty and has no '='"),
    ("schedule:", "after: [b]\nschedule:", "after: a job has schedule or after, not both; keep one"),
    ("schedule:", "service: {desiredCount: 1}\nschedule:", "service: a job has schedule or service, not both"),
    ("schedule:", "service: {}\nschedule:", "service: a job has schedule or service, not both; keep one"),
    ("schedule:", "lock: a b\nschedule:", "lock.name: "),
    (
        "schedule:",
        "lock: {name: a, wait: -1}\nschedule:",
        "lock.wait: must be seconds from 0 to 604800, or the word forever",
    ),
    ("schedule:", "timeout: 0\nschedule:", "timeout.seconds: must be at least 1"),
    (
        "schedule:",
        "timeout: {seconds: 60, kilAfter: 5}\nschedule:",
        "unknown key 'kilAfter'; did you mean 'killAfter'?",
    ),
    ("schedule:", "retry: {attempts: 0}\nschedule:", "retry.attempts: must be at least 1"),
    ("schedule:", "success: [1]\nschedule:", "success: 0 is missing"),
    ("schedule:", "success: []\nschedule:", "success: "),
    ("schedule:", "success: 1\nschedule:", "success: "),
    ("schedule:", "success: [0, 256]\nschedule:", "success[1]: "),
    ("schedule:", "success: [0, -1]\nschedule:", "success[1]: "),
    ("schedule:", 'success: [0, "1"]\nschedule:', "success[1]: "),
    ("schedule:", "success: [0, true]\nschedule:", "success[1]: "),
    ("schedule:", "success: [0, 1, 1]\nschedule:", "the same status stands twice"),
    ("schedule:", "sucess: [0, 1]\nschedule:", "did you mean 'success'?"),
    ("schedule:", "notify: {email: [ops]}\nschedule:", "notify.email[0]: "),
    ("cpu: 256", "cpu: 256\n  mountPoints: [{volume: data, path: /d}]", "there is no volume 'data' in volumes"),
    ("taskCount: 1", "flexibleWindow: 5", "flexibleWindow is for EventBridge Scheduler; set schedule.timezone"),
    ("taskCount: 1", "taskCount: 0", "schedule.taskCount: must be at least 1"),
    ("taskCount: 1", 'timezone: ""', "is not a time zone"),
    ("taskCount: 1", "timezone: ../etc/passwd", "is not a time zone"),
    ("taskCount: 1", "flexible: 5", "schedule.flexible: unknown key 'flexible'; did you mean 'flexibleWindow'?"),
    ('"rate(1 minute)"', "[]", "schedule.scheduleExpression: must have at least 1 item"),
    ('"rate(1 minute)"', '["rate(1 day)", "rate(1 day)"]', "the same expression stands twice"),
    ('"rate(1 minute)"', '"at(2030-01-01T00:00:00)"', "at(…) is for EventBridge Scheduler; set schedule.timezone"),
    ('"rate(1 minute)"', '"cron(0 1 * * * *)"', "schedule.scheduleExpression[0]: "),
    ('"rate(1 minute)"', '"cron(71 8 1 * ? *)"', "schedule.scheduleExpression[0]: "),
    ('"rate(1 minute)"', f'"cron({"0," * 130}0 1 * * ? *)"', "256 is the most"),
    ('"cron-koyama_test"', f'"{"x" * 65}"', "name: must have at most 64 characters"),
    ('"cron-koyama_test"', '"dots.are.not.families"', "name: may have letters, digits, '-' and '_' only"),
    ('"cron"', '"no such/cluster"', "must be the name or the ARN of an ECS cluster"),
    ("cpu: 256", "cpu: 32767\n  image: y\n  memory: 6\n- name: b\n  cpu: 2", "no Fargate size holds 32769 CPU units"),
]


@pytest.mark.parametrize(("old", "new", "said"), CHANGES, ids=[new[:40] for _, new, _ in CHANGES])
def test_mistakes(old: str, new: str, said: str) -> None:
    assert old in KOYAMA
    found = errors(KOYAMA.replace(old, new, 1))
    assert len(found) == 1
    assert said in found[0]


def test_eleven_containers() -> None:
    value = yaml.safe_load(KOYAMA)
    value["containers"] = [{**value["containers"][0], "name": f"c{n}"} for n in range(11)]
    assert errors(yaml.safe_dump(value))[0].endswith("containers: must have at most 10 items")


TRAPS = [
    ("", "1: the file is empty"),
    ("null", "1: must be a mapping (NAME: value)"),
    ("[]", "1: must be a mapping (NAME: value)"),
    ("a: [", "1: this is not YAML: "),
    ("a: b: c", "1: this is not YAML: "),
    ("a: 1\n\tb: 2", "2: this is not YAML: "),
    ("a\x00b", "1: the character U+0000 is not allowed in YAML"),
    ("a: 1\nb: \x1b[2J", "2: the character U+001B is not allowed in YAML"),
    ("- 1\n---\n- 2", "2: this is not YAML: expected a single document"),
    ("[" * 20_000, "1: the file is nested too deeply"),
    ("&a [*a]", "1: the file is nested more than 40 deep"),
    ("x: &x\n  <<: *x\n", "1: the file is nested more than 40 deep"),
    ("a" * 1_000_001, "1: the file has 1,000,001 characters; 1,000,000 is the most"),
    (
        "a: &a [1,1,1,1,1,1,1,1,1]\n"
        + "\n".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "1: the file unfolds to more than 20,000 values; use fewer aliases",
    ),
]


@pytest.mark.parametrize(("text", "said"), TRAPS, ids=[said[:50] for _, said in TRAPS])
def test_traps_of_yaml(text: str, said: str) -> None:
    assert errors(text)[0].startswith(said)


def test_no_tag_makes_an_object() -> None:
    text = KOYAMA.replace('"cron"', "!!python/object/apply:os.system [echo pwned]")
    assert any("cluster" in line for line in errors(text))
    assert any("cannot be read" in line for line in errors("a: !!python/name:os.system x"))


def test_aliases_and_merges_work_and_keep_their_lines() -> None:
    text = KOYAMA.replace("- name: app", "- &base\n  name: app").replace(
        "schedule:", "- <<: *base\n  name: second\n  memory: x\nschedule:"
    )
    assert errors(text) == ["14: containers[1].memory: must be a whole number, without quotes"]
    spec = load_spec(text.replace("memory: x", "memory: 600"), "ecs.yml")
    assert [(box.name, box.image, box.memory) for box in spec.containers] == [
        ("app", "example/docker-slack:latest", 512),
        ("second", "example/docker-slack:latest", 600),
    ]


def test_control_characters_of_a_file_do_not_reach_the_terminal() -> None:
    with pytest.raises(SpecErrors) as caught:
        load_spec(KOYAMA.replace('"cron-koyama_test"', '"a\\e[2Jb"'), "ecs.yml")
    assert "\x1b" not in str(caught.value)
    assert "a\\x1b[2Jb" in str(caught.value)


NAMES = st.sampled_from(sorted({key for names in ecs._ALLOWED.values() for key in names}))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=9), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_any_document_loads_or_has_its_mistakes_named(value: Any) -> None:
    text = json.dumps(value)
    try:
        load_spec(text, "ecs.yml")
    except SpecErrors as error:
        assert error.errors
        assert all(problem.line == 1 and problem.column >= 1 and problem.message for problem in error.errors)


@given(st.text(max_size=200))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    document = read(text)
    assert document.problems or document.places


# --- text ----------------------------------------------------------------------------------------------------------


def test_the_text_has_the_shape_teams_write() -> None:
    assert ecs_text(yaml.safe_load(KOYAMA), schema=None) == KOYAMA


def test_the_text_begins_with_the_schema_and_its_comments() -> None:
    text = ecs_text(yaml.safe_load(KOYAMA), comments=["from /etc/crontab:3", "two\nlines\x1b"])
    assert text.splitlines()[:4] == [
        "# yaml-language-server: $schema=../../.cron2fargate/ecs.schema.json",
        "# from /etc/crontab:3",
        "# two",
        "# lines?",
    ]
    assert load_spec(text, "ecs.yml").name == "cron-koyama_test"


PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(PRINTABLE, st.lists(PRINTABLE, max_size=3), st.dictionaries(PRINTABLE, PRINTABLE, max_size=3))
def test_the_text_reads_back_as_it_was(raw: str, command: list[str], environment: dict[str, str]) -> None:
    value = yaml.safe_load(KOYAMA)
    value["containers"][0] |= {"command": command, "environment": environment}
    value["legacy"] = {"raw": raw, "line": 3, "user": None}
    assert yaml.safe_load(ecs_text(value)) == value


# --- schema --------------------------------------------------------------------------------------------------------


def test_the_schema_that_is_shipped_is_the_models() -> None:
    assert json.loads(schema_text("ecs")) == ecs.json_schema()


@pytest.mark.parametrize("text", [KOYAMA, EVERYTHING.replace("2020-01-01", '"2020-01-01"')])
def test_the_schema_takes_what_loads(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), json.loads(schema_text("ecs")))


@pytest.mark.parametrize(
    "change", [{"cpu": 1}, {"type": "EC2"}, {"containers": []}, {"schedule": {}}, {"success": [1]}, {"success": [0, 0]}]
)
def test_the_schema_refuses_what_does_not(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(KOYAMA) | change, json.loads(schema_text("ecs")))


def test_the_light_modules_import_nothing_heavy() -> None:
    code = (
        "import sys, converters.specs.text, converters.specs.fargate, migrate.settings.loading as s;"
        "s.default_settings_text(); s.schema_text('ecs');"
        "print([m for m in ('pydantic', 'boto3', 'botocore', 'moto', 'rich', 'jinja2') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_empty_service_is_one_with_its_defaults() -> None:
    text = KOYAMA.partition("schedule:")[0]
    spec = load_spec(text + "service: {}\n", "ecs.yml")
    assert spec.service is not None
    assert spec.service.desired_count == 1
    with pytest.raises(SpecErrors, match="schedule is missing; a job without one needs after or service"):
        load_spec(text + "service:\n", "ecs.yml")
    with pytest.raises(SpecErrors, match="a service runs for ever, so timeout means nothing"):
        load_spec(text + "timeout: 60\nservice: {}\n", "ecs.yml")
