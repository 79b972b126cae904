"""CloudFormation and Terraform: checked by their own tools, and against what register makes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from cfnlint import ManualArgs
from cfnlint.api import lint
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from converters.specs.model import Spec, load_spec
from converters.specs.text import ecs_text
from migrate.cli import cli
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.hcl import Block, Json, written
from migrate.export.marks import mark
from migrate.export.terraform_links import identifier
from migrate.export.units import Export, export
from migrate.settings.model import parse_settings
from tests.aws.world import KOYAMA, SETTINGS, spec
from tests.effort import examples

OURS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    cluster: cron
    subnets: [subnet-01234567, subnet-89abcdef]
    securityGroups: [sg-01234567]
    executionRole: cron2fargate-web1-execution
    eventsRole: cron2fargate-web1-events
    logRetentionDays: 30
    notifications:
      email: [ops@example.com]
      slack: {webhookSecret: slack-token}
      datadog: {apiKeySecret: dd-key, agent: true}
"""
SHARED = [
    {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
]
SECRET = "ghp_0123456789abcdefghij0123456789abcdef"


def jobs() -> list[Spec]:
    """One of everything that a spec can ask for."""
    efs = {"name": "data", "fileSystemId": "fs-01234567", "accessPointId": "fsap-01234567"}
    return [
        load_spec(KOYAMA, "k.yml"),
        spec("locked", lock={"name": "x", "wait": 60}, timeout=60, retry={"attempts": 2}, once=True),
        spec("mailed", notify={"email": ["dev@example.com", "ops@example.com"], "output": True, "slack": False}),
        spec("zoned", schedule={"timezone": "Asia/Tokyo", "flexibleWindow": 15}),
        spec("zoned-locked", "cron(0 9 ? * MON *)", schedule={"timezone": "Asia/Tokyo"}, lock="x", timeout=60),
        spec("two", ["cron(0 3 * * ? *)", "cron(0 9 ? * MON *)"]),
        spec("weekly", "cron(0 9 ? * MON *)", capacityProvider="FARGATE_SPOT", architecture="ARM64"),
        spec("shared", capacityProviderStrategy=SHARED),
        _without_schedule("shared-forever", service={"desiredCount": 4}, capacityProviderStrategy=SHARED),
        spec("shared-locked", lock="x", timeout=60, capacityProviderStrategy=SHARED),
        spec("shared-zoned", schedule={"timezone": "Asia/Tokyo"}, capacityProviderStrategy=SHARED),
        spec("disk", volumes=[efs], container={"mountPoints": [{"volume": "data", "path": "/data"}]}),
        _without_schedule("follower", after=["locked"]),
        _without_schedule("forever", service={"desiredCount": 2}),
        spec(
            "9-odd",
            container={
                "command": ["/bin/sh", "-c", "echo ${HOME} ${ $x ${!y} %{z} \"q\" 'p' \\ \t && mysql -pHunter2x9 db"],
                "environment": {"API_TOKEN": SECRET, "PLAIN": "${B}-日本語", "URL": f"https://u:{SECRET}@example.com"},
                "secrets": {"KEY": "/app/key"},
                "environmentFiles": ["arn:aws:s3:::shop-config/app.env"],
            },
        ),
    ]


def _without_schedule(name: str, **more: Any) -> Spec:
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/a/b:1"}
    value = {"type": "FARGATE", "name": name, "containers": [box], **more}
    return load_spec(json.dumps(value), f"{name}.yml")


def made(text: str = OURS, specs: list[Spec] | None = None) -> Export:
    parsed = parse_settings(text, "cron2fargate.yml")
    return export("sandbox", parsed.environments["sandbox"], parsed.owner, jobs() if specs is None else specs)


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    return cloudformation.files(made())


@pytest.fixture(scope="module")
def terraform_files() -> dict[str, str]:
    return terraform.files(made())


def test_cfn_lint_has_no_warning(templates: dict[str, str]) -> None:
    found = [
        (name, problem.rule.id, problem.message)
        for name, text in templates.items()
        for problem in lint(text, config=ManualArgs(regions=["ap-northeast-1"]))
    ]
    assert found == []
    bad = templates["jobs/two.yml"].replace("ScheduleExpression: cron(0 3", "ScheduleExpression: cron(0 3 0 0 0")
    assert bad != templates["jobs/two.yml"]
    assert lint(bad, config=ManualArgs(regions=["ap-northeast-1"]))  # the linter does look


def test_cfn_lint_has_no_warning_with_the_roles_and_the_queue_of_others() -> None:
    more = "    deadLetterQueue: arn:aws:sqs:ap-northeast-1:123456789012:others\n    logGroup: /shared\n"
    templates = cloudformation.files(made(SETTINGS + more, [spec("one")]))
    assert "AWS::SQS::Queue" not in templates["shared.yml"]
    roles = [r for r in yaml.safe_load(templates["shared.yml"])["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    assert [role["Properties"]["RoleName"] for role in roles] == ["cron2fargate-web1-notify"]
    for text in templates.values():
        assert lint(text, config=ManualArgs(regions=["ap-northeast-1"])) == []


def test_nothing_secret_stands_in_an_export(templates: dict[str, str], terraform_files: dict[str, str]) -> None:
    everything = "\n".join([*templates.values(), *terraform_files.values()])
    for secret in (SECRET, "Hunter2x9", "xxxxxxxxx"):
        assert secret not in everything
    parameters = yaml.safe_load(templates["jobs/9-odd.yml"])["Parameters"]
    hidden = {name: value for name, value in parameters.items() if name.startswith("Secret")}
    assert len(hidden) == 3
    assert all(value["NoEcho"] is True and "Default" not in value for value in hidden.values())
    variables = hcl2.loads(terraform_files["variables.tf"])["variable"]
    ours = [body for item in variables for name, body in item.items() if "secret" in name]
    assert len(ours) == 4
    assert all(body["sensitive"] is True and "default" not in body for body in ours)


def resolved(value: Any) -> Any:
    """What CloudFormation makes of its functions, for the account 111122223333."""
    known = {"AWS::AccountId": "111122223333"}
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        return value["Fn::Join"][0].join(resolved(value["Fn::Join"][1]))
    if "Fn::Sub" in value:
        sub = lambda m: "${" + m[1][1:] + "}" if m[1][0] == "!" else known.get(m[1], f"<{m[1]}>")  # noqa: E731
        return re.sub(r"\$\{([^}]+)\}", sub, value["Fn::Sub"])
    if "Ref" in value:
        return known.get(value["Ref"], f"<{value['Ref']}>")
    return {key: resolved(inner) for key, inner in value.items()}


def test_what_looks_like_a_variable_is_still_text(templates: dict[str, str]) -> None:
    box = resolved(yaml.safe_load(templates["jobs/9-odd.yml"]))["Resources"]["TaskDefinition"]["Properties"]
    box = box["ContainerDefinitions"][0]
    assert box["Command"][2] == ("echo ${HOME} ${ $x ${!y} %{z} \"q\" 'p' \\ \t && mysql -p<SecretMysqlPassword> db")
    assert {item["Name"]: item["Value"] for item in box["Environment"]}["PLAIN"] == "${B}-日本語"


DYNAMIC = [
    # what is put into a job, and whether CloudFormation would resolve a part of it
    ({"command": ["sh", "-c", 'echo "{{resolve:secretsmanager:prod/db:SecretString:password}}"']}, True),
    ({"command": ["sh", "-c", 'a\n\necho ${X} {{resolve:ssm:/a:1}} "q"']}, True),
    ({"command": ["{{resolve:ssm-secure:a}}"]}, True),
    ({"command": ["{{RESOLVE:ssm:a}}"]}, True),
    ({"command": ["{{{resolve:ssm:a}}}"]}, True),
    ({"entryPoint": ["{{resolve:ssm:a}}"]}, True),
    ({"environment": {"A": "x{{resolve:ssm:a}}y"}}, True),
    ({"environment": {"{{resolve:ssm:a}}": "x"}}, True),
    ({"workingDirectory": "/{{resolve:ssm:a}}"}, True),
    ({"command": ["sh", "-c", "echo '{''{resolve:ssm:a}}'"]}, False),
    ({"command": ["{{", "resolve:ssm:a}}"]}, False),
    ({"command": ["{{ resolve:ssm:a }}", "{resolve:x}", "{{.Names}}"]}, False),
]


@pytest.mark.parametrize(("box", "refused"), DYNAMIC)
def test_cloudformation_resolves_nothing_of_the_users(box: dict[str, Any], refused: bool) -> None:
    parsed = parse_settings(OURS, "cron2fargate.yml")
    given = [spec("good"), spec("bad", container=box), _without_schedule("later", after=["bad"])]
    place = ("sandbox", parsed.environments["sandbox"], parsed.owner)
    exported = export(*place, given, cloudformation.refuse_dynamic)
    gone = ["bad", "later"] if refused else []
    assert [one.job for one in exported.left_out] == gone
    for name, text in cloudformation.files(exported).items():
        values = json.dumps(resolved(yaml.safe_load(text)))  # as it stands once Fn::Join and Fn::Sub are done
        assert "{{resolve:" not in values.lower() or name == "shared.yml"
    assert export(*place, given).left_out == []  # Terraform knows no such thing


def test_one_lock_lets_one_number_of_runs_go() -> None:
    def of(name: str, lock: str, runs: int) -> Spec:
        return spec(name, timeout=60, lock={"name": lock, "runs": runs})

    exported = made(specs=[of("a", "db", 3), of("b", "db", 2), of("c", "own", 1)])
    said = (
        "lock db lets different numbers of runs go at once: 2 by b, 3 by a; write one number in all of them (lock.runs)"
    )
    assert {one.job: one.why for one in exported.left_out} == {"a": f"a: {said}", "b": f"b: {said}"}
    assert [unit.name for unit in exported.units] == ["c"]
    assert made(specs=[of("a", "db", 3), of("b", "db", 3)]).left_out == []


@pytest.mark.parametrize(
    "text", ["a\x85b", "\x85", "a\x85\nb", "\x85\n", "a\u2028b", "a\rb\n", "\x0b", " a ", "a\n ", "\n"]
)
def test_what_ends_a_line_for_one_reader_or_another_stays_in_a_template(text: str) -> None:
    exported = made(specs=[spec("odd", container={"command": ["sh", "-c", text]})])
    written = cloudformation.files(exported)["jobs/odd.yml"]
    for load in (yaml.safe_load, lambda data: yaml.load(data, Loader=yaml.CSafeLoader)):
        box = load(written)["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
        assert box["Command"] == ["sh", "-c", text]


def test_what_nobody_sees_is_escaped_in_both_forms() -> None:
    odd = [
        "a\u202eb",
        "x\u2066\n\ny",
        "\\\u200b",
        "\U000e0041",
        "rm\ufe0f",
        "\u3164",
        "\xad",
        '"\ufeff',
        "\u845b\U000e0100",
    ]
    unseen = {char for text in odd[:-1] for char in text if not char.isascii()}
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "a:1", "command": odd, "environment": {"A\u202e": odd[1]}}
    job = {"type": "FARGATE", "name": "odd", "containers": [box], "schedule": {"scheduleExpression": "rate(1 day)"}}
    exported = made(specs=[load_spec(ecs_text(job), "odd.yml")])
    templates, code = cloudformation.files(exported), terraform.files(exported)
    assert not unseen & set("".join([*templates.values(), *code.values()]))
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        found = yaml.load(templates["jobs/odd.yml"], Loader=loader)["Resources"]["TaskDefinition"]["Properties"]
        assert found["ContainerDefinitions"][0]["Command"] == odd
        assert {"Name": "A\u202e", "Value": odd[1]} in found["ContainerDefinitions"][0]["Environment"]


PIECES = st.lists(st.sampled_from(["${", "$", "{", "}", "!", "${A}", "%{", "\\", '"', "\n", "é", "x", "${!B}", "%"]))


def _hcl_text(text: str) -> str:
    """A string of HCL, as Terraform reads it: escapes, then the doubled signs."""
    names = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
    plain = re.sub(r"\\([nrt\"\\])", lambda m: names[m[1]], text)
    return plain.replace("$${", "${").replace("%%{", "%{")


@examples(300)
@given(PIECES)
def test_any_text_comes_through(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert resolved(cloudformation._string(text)) == text
    line = written([Block("locals", (), [("a", text)])], lambda name: f"var.{name}").splitlines()[1]
    assert _hcl_text(line.removeprefix('  a = "').removesuffix('"')) == text


@examples(200)
@given(st.text(alphabet="ab }!", max_size=5), st.text(alphabet="ab }!", max_size=5))
def test_marks_become_variables_and_text_beside_them_stays(before: str, after: str) -> None:
    text = f"{before}{mark('account')}{after}"
    assert resolved(cloudformation._string(text)) == f"{before}111122223333{after}"


def _resources(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    parsed = hcl2.loads(text)
    return [
        (kind.strip('"'), name.strip('"'), body)
        for item in parsed.get("resource", [])
        for kind, named in item.items()
        for name, body in named.items()
    ]


def test_terraform_parses_and_imports_what_it_defines(terraform_files: dict[str, str]) -> None:
    defined = {f"{kind}.{name}" for text in terraform_files.values() for kind, name, _ in _resources(text)}
    imported = {str(item["to"]).strip("${}") for item in hcl2.loads(terraform_files["imports.tf"])["import"]}
    assert imported <= defined
    kinds = {address.split(".")[0] for address in defined - imported}
    # What API there is for a subscription gives random ids; a cluster that is there is read.
    assert kinds == {"aws_sns_topic_subscription", "aws_ecs_cluster", "aws_ecs_cluster_capacity_providers"}
    assert "imports.tf" not in terraform.files(made(specs=[spec("one")]), imports=False)


@pytest.fixture(scope="module")
def roots() -> dict[str, str]:
    return terraform.files(made(), layout="directories")


def _blocks(text: str, kind: str) -> list[str]:
    return [" ".join(re.findall(r'"([^"]+)"', line)) for line in text.splitlines() if line.startswith(kind + " ")]


def test_each_root_names_only_what_it_has(roots: dict[str, str], terraform_files: dict[str, str]) -> None:
    """Every reference of a root leads to a resource, a data source or a variable of the same root."""
    by_root: dict[str, list[str]] = {}
    for path, text in [*roots.items(), *((f"one/{name}", text) for name, text in terraform_files.items())]:
        by_root.setdefault(path.rpartition("/")[0], []).append(text)
    assert set(by_root) == {"one", "shared", *(f"jobs/{spec.name}" for spec in jobs())}
    for root, texts in by_root.items():
        text = "\n".join(texts)
        there = {f"{one.replace(' ', '.')}" for one in _blocks(text, "resource")}
        read = {f"{one.replace(' ', '.')}" for one in _blocks(text, "data")}
        code = re.sub(r'"(?:[^"\\$]|\\.|\$(?!\{))*"', '""', re.sub(r"moved \{[^}]*\}", "", text))
        used = set(re.findall(r"(?<![\w.])(?:data\.)?aws_[a-z_]+\.[\w-]+", code))
        missing = {one for one in used if one.removeprefix("data.") not in (read if one.startswith("data.") else there)}
        assert missing == set(), root
        assert set(re.findall(r"var\.(\w[\w-]*)", code)) <= set(_blocks(text, "variable")), root
    asked = {path: _blocks(text, "variable") for path, text in roots.items() if path.endswith("variables.tf")}
    with_secret = {path for path, names in asked.items() if any("secret" in name for name in names)}
    assert with_secret == {"jobs/9-odd/variables.tf", "jobs/cron-koyama_test/variables.tf"}


EDGES = [
    # root of the file, what stands in it
    ("", "execution_role_arn       = aws_iam_role.execution.arn"),
    ("", "role_arn = aws_iam_role.states.arn"),
    ("", "group_name                   = aws_scheduler_schedule_group.jobs.name"),
    ("", "TableName = aws_dynamodb_table.locks.name"),
    ("", "depends_on = [aws_iam_role_policy.events]"),
    ("", "StateMachineArn = aws_sfn_state_machine.follower.arn"),
    ("", "awslogs-group         = aws_cloudwatch_log_group.two.name"),
    ("", "arn       = data.aws_ecs_cluster.cron.arn"),
    ("directories", "execution_role_arn       = data.aws_iam_role.execution.arn"),
    ("directories", "TableName = data.aws_dynamodb_table.locks.name"),
    ("directories", "StateMachineArn = data.aws_sfn_state_machine.follower.arn"),
    ("directories", "arn = data.aws_sqs_queue.dead_letters.arn"),
]


@pytest.mark.parametrize(("layout", "line"), EDGES)
def test_what_is_named_is_made_or_found_before(
    roots: dict[str, str], terraform_files: dict[str, str], layout: str, line: str
) -> None:
    assert line in "\n".join((roots if layout else terraform_files).values())


LEFT_TO_REGISTER = {
    "aws_ecs_task_definition": {"container_definitions", "cpu", "memory"},
    "aws_cloudwatch_event_rule": {"state", "schedule_expression"},
    "aws_cloudwatch_event_target": {"retry_policy", "input_transformer"},
    "aws_scheduler_schedule": {"state", "schedule_expression", "target[0].retry_policy"},
    "aws_sfn_state_machine": {"definition"},
    "aws_ecs_service": {"desired_count"},
    "aws_ecs_cluster": {"all"},
}
"""What a release or a switch changes, and Terraform must not take back. Roles and network are in none of them."""


def test_releases_survive_and_what_sre_own_is_managed(roots: dict[str, str]) -> None:
    seen = set()
    for path, text in roots.items():
        for kind, name, _ in _resources(text):
            whole = re.search(rf'resource "{kind}" "{name}" \{{.*?\n\}}\n', text, re.DOTALL)
            assert whole
            found = re.search(r"ignore_changes\s*= (\[.*?\n?\s*\]|all)\n", whole[0], re.DOTALL)
            ignored = set(re.split(r"[,\s]+", found[1].removeprefix("[").removesuffix("]"))) if found else set()
            if path.startswith("jobs/"):
                assert LEFT_TO_REGISTER.get(kind, set()) <= ignored, (path, kind)
                seen.add(kind)
            assert not {"role_arn", "network_configuration", "execution_role_arn", "task_role_arn", "tags"} & ignored
    assert {"aws_ecs_task_definition", "aws_sfn_state_machine", "aws_ecs_service", "aws_scheduler_schedule"} <= seen
    everything = "".join(roots.values())
    assert "enabled_jobs" not in everything  # nothing that says "on" and leaves a job off, with an alarm that rings
    assert everything.count("track_latest = true") == len(jobs())


def test_what_must_stay_outlives_its_file(roots: dict[str, str]) -> None:
    for text in roots.values():
        for kind, _, body in _resources(text):
            if kind in ("aws_cloudwatch_log_group", "aws_ecs_task_definition"):
                assert body["skip_destroy"] is True
            if kind == "aws_dynamodb_table":
                assert body["deletion_protection_enabled"] is True


NAMES = ["a", "9-a", "job_9-a", "job_job_9-a", "job_a", "-a", "two_2", "two-2", "a@b.c", "a_b.c", "a+b@c", "a_2b_b"]


def test_two_names_are_two_addresses() -> None:
    found = [identifier(name) for name in NAMES]
    assert len(set(found)) == len(NAMES)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", one) for one in found)
    assert [identifier(name) for name in ("two", "9-odd")] == ["two", "job_9-odd"]  # as they always were


SLACK_SECRETS = [
    # the settings, Terraform's endpoint, CloudFormation's for an address and for a token
    (
        "{webhookSecret: s}",
        "${trimprefix(data.aws_secretsmanager_secret_version.slack.secret_string, ",
        "{{resolve:secretsmanager:s:SecretString}}",
    ),
    (
        "{webhookSecret: s, webhookSecretKey: url}",
        '${trimprefix(jsondecode(data.aws_secretsmanager_secret_version.slack.secret_string)["url"], ',
        "{{resolve:secretsmanager:s:SecretString:url}}",
    ),
]


@pytest.mark.parametrize(("said", "code", "dynamic"), SLACK_SECRETS)
def test_a_webhook_is_an_address_or_what_ends_it_and_may_lie_in_json(said: str, code: str, dynamic: str) -> None:
    exported = made(OURS.replace("{webhookSecret: slack-token}", said), [spec("one")])
    start = "https://hooks.slack.com/services/"
    assert f'"{start}{code}"{start}")}}"' in terraform.files(exported)["shared.tf"]
    template = yaml.safe_load(cloudformation.files(exported)["shared.yml"])
    endpoint = template["Resources"]["SlackDestination"]["Properties"]["InvocationEndpoint"]
    assert endpoint == {"Fn::If": ["SlackSecretHoldsAddress", dynamic, start + dynamic]}
    assert "Default" not in template["Parameters"]["SlackSecret"]


TERRAFORM = shutil.which("terraform")
"""Terraform is in no package archive, so its own opinion is asked only where it is there; python-hcl2 reads all files above."""


if TERRAFORM:

    def test_terraform_is_formatted_and_valid_to_its_own_tool(terraform_files: dict[str, str], tmp_path: Path) -> None:
        for name, text in terraform_files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [str(TERRAFORM), "fmt", "-check", "-diff", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
            env={"HOME": str(tmp_path), "TF_CLI_CONFIG_FILE": "/dev/null", "CHECKPOINT_DISABLE": "1"},
        )
        assert (done.returncode, done.stdout) == (0, "")


def _names(value: Any) -> set[str]:
    """Physical names in templates."""
    keys = {
        "ClusterName", "RoleName", "TableName", "QueueName", "TopicName", "StateMachineName", "AlarmName", "Name",
        "LogGroupName", "Family", "ServiceName",
    }  # fmt: skip
    return {
        text
        for resource in value["Resources"].values()
        for key, text in resource["Properties"].items()
        if key in keys and isinstance(text, str)
    }


TERRAFORM_NAMES = {"name", "family", "alarm_name"}


def test_both_name_the_same_things(templates: dict[str, str], terraform_files: dict[str, str]) -> None:
    ours = {name for text in templates.values() for name in _names(yaml.safe_load(text))}
    theirs = {
        str(body[key]).strip('"')
        for text in terraform_files.values()
        for kind, _, body in _resources(text)
        for key in TERRAFORM_NAMES & body.keys()
        if kind != "aws_iam_role_policy"
    }
    # The alarm of a missed run goes with the switch, which is `enable`'s; CloudFormation has a condition for it.
    assert {name for name in ours - theirs if not name.endswith("-missed")} == set()
    assert theirs <= ours
    assert {"cron2fargate-web1-locks", "cron2fargate-web1-failures", "cron2fargate-web1-dlq", "two-2"} <= ours


def test_a_job_is_made_switched_off(templates: dict[str, str]) -> None:
    two = yaml.safe_load(templates["jobs/two.yml"])
    assert two["Parameters"]["State"]["Default"] == "DISABLED"
    assert [two["Resources"][n]["Properties"]["State"] for n in ("Start", "Start2")] == [{"Ref": "State"}] * 2
    assert two["Resources"]["MissedAlarm"]["Condition"] == "Enabled"
    forever = yaml.safe_load(templates["jobs/forever.yml"])
    assert forever["Parameters"]["DesiredCount"]["Default"] == 0


def test_a_workflow_starts_the_revision_of_its_own_stack(templates: dict[str, str]) -> None:
    locked = yaml.safe_load(templates["jobs/locked.yml"])["Resources"]
    assert "${TaskDefinition}" in locked["Workflow"]["Properties"]["DefinitionString"]["Fn::Sub"]
    assert locked["Start"]["Properties"]["Targets"][0]["Arn"] == {"Ref": "Workflow"}
    definition = json.loads(resolved(locked["Workflow"]["Properties"]["DefinitionString"]))
    assert definition["States"]["Run the task"]["Arguments"]["TaskDefinition"] == "<TaskDefinition>"
    assert "(new revision)" not in "".join(templates.values())


def test_jobs_whose_missed_run_has_no_alarm_say_why() -> None:
    found = {unit.name: [finding.code for finding in unit.findings] for unit in made().units}
    assert found["weekly"] == ["C550"]
    assert found["zoned"] == ["C551"]
    assert found["zoned-locked"] == ["C550"]
    assert found["two"] == []
    many = spec("many", [f"cron({minute} 3 * * ? *)" for minute in range(11)])
    assert [finding.code for finding in made(specs=[many]).units[0].findings] == ["C552"]


def test_a_spec_that_aws_would_refuse_is_named() -> None:
    with pytest.raises(UserError, match="nowhere: no cluster is named"):
        made(OURS.replace("    cluster: cron\n", ""), [_without_schedule("nowhere", service={"desiredCount": 1})])


def test_characters_that_mark_variables_are_refused() -> None:
    odd = spec("odd", container={"command": [f"echo {mark('account')}"]})
    with pytest.raises(UserError, match="odd: the private-use characters"):
        made(specs=[odd])


def test_the_writer_aligns_neighbours_only() -> None:
    block = Block("a", ("b",), [("x", 1), ("longer", [True, None]), ("y", Json({"k-1": {}, "2": 0.5})), ("z", "")])
    assert written([block], str) == (
        'a "b" {\n  x      = 1\n  longer = [true, null]\n  y = jsonencode({\n    k-1 = {}\n    "2" = 0.5\n  })\n'
        '  z = ""\n}\n'
    )


@pytest.mark.parametrize("form", ["cloudformation", "terraform"])
def test_the_command_writes_says_what_is_stale_and_writes_the_same_again(tmp_path: Path, form: str) -> None:
    workspace = tmp_path / "migration"
    (workspace / "jobs" / "k").mkdir(parents=True)
    (workspace / "jobs" / "k" / "ecs.yml").write_text(KOYAMA)
    (workspace / "cron2fargate.yml").write_text(OURS)
    run = lambda: CliRunner().invoke(cli, ["export", form, "--out", str(workspace)], catch_exceptions=False)  # noqa: E731
    first = run()
    assert first.exit_code == 0, first.output
    assert "WEBHOOK_URL of container app stands in clear" in first.output
    where = workspace / "export" / form / "sandbox"
    before = {path: path.read_text() for path in where.rglob("*") if path.is_file()}
    assert "xxxxxxxxx" not in "".join(before.values())
    stale = where / ("old.yml" if form == "cloudformation" else "old.tf")
    stale.write_text("")
    second = run()
    assert f"{stale} is no part of this export" in second.output
    assert {path: path.read_text() for path in before} == before
    assert "  + " not in second.output
    assert "watchman" not in second.output
    (workspace / "cron2fargate.yml").write_text(OURS.replace("    region:", "    watch: true\n    region:", 1))
    assert "the watchman (watch: true) is no part of this export" in " ".join(run().output.split())
