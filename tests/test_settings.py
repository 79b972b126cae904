"""cron2fargate.yml: its default text, its strictness, its schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from migrate.errors import UserError
from migrate.settings.loading import default_settings_text, load_settings, pick_environment, schema_text
from migrate.settings.model import json_schema, parse_settings

GOOD = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    subnets: [subnet-01234567]
    securityGroups: [sg-0123456789abcdef0]
    executionRole: exec
    eventsRole: arn:aws:iam::123456789012:role/path/events
  production:
    region: us-gov-west-1
    profile: prod
    cluster: arn:aws:ecs:us-gov-west-1:123456789012:cluster/cron
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    assignPublicIp: ENABLED
    executionRole: exec
    eventsRole: events
    schedulerRole: scheduler
    taskRole: task
    scheduleGroup: night
    logGroup: /cron/{job}
    logRetentionDays: 365
    retry: {maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60}
    deadLetterQueue: arn:aws:sqs:us-gov-west-1:123456789012:dead
    architecture: ARM64
    platformVersion: 1.4.0
    tags: {team: ops}
"""


def test_the_default_text_loads_and_names_what_is_open() -> None:
    settings = parse_settings(default_settings_text("web1", "us-east-1"), "x")
    assert settings.owner == "web1"
    sandbox = settings.environments["sandbox"]
    assert sandbox.region == "us-east-1"
    assert sandbox.placeholders() == ["subnets[0]", "securityGroups[0]", "executionRole", "eventsRole"]
    assert (sandbox.retry.maximum_retry_attempts, sandbox.retry.maximum_event_age_in_seconds) == (3, 900)


def test_every_region_that_boto3_knows_is_one() -> None:
    """``eusc-de-east-1``, the sovereign cloud of Europe, begins with four letters."""
    import boto3

    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x")
    regions = [name for one in session.get_available_partitions() for name in session.get_available_regions("ecs", one)]
    for region in {*regions, "eusc-de-east-1"}:
        assert parse_settings(default_settings_text("web1", region), "x").environments["sandbox"].region == region


def test_every_commented_key_of_the_default_text_is_a_key() -> None:
    """Taken out of its comment, each example loads: a default that misleads is worse than none."""
    text = default_settings_text().replace("arn:aws:sqs:REGION:ACCOUNT:", "arn:aws:sqs:us-east-1:123456789012:")
    lines = []
    for line in text.splitlines():
        inner = line.strip().removeprefix("# ")
        is_key = (
            line.startswith("    # ")
            and ":" in inner
            and inner.split(":")[0].strip().isidentifier()
            and (inner[-1] in '":' or inner[-1].isdigit())
        )
        lines.append(line.replace("# ", "", 1) if is_key else line)
    sandbox = parse_settings("\n".join(lines), "x").environments["sandbox"]
    assert (sandbox.profile, sandbox.platform_version, sandbox.tags) == ("sandbox", "1.4.0", {"team": "platform"})
    assert sandbox.dead_letter_queue == "arn:aws:sqs:us-east-1:123456789012:cron-dead-letters"


@pytest.mark.parametrize("owner", ["", "...", "my server\n", "サーバー", 'a"b', "x" * 99])
def test_any_owner_makes_a_file_that_loads(owner: str) -> None:
    assert parse_settings(default_settings_text(owner), "x").owner


def test_good_settings() -> None:
    settings = parse_settings(GOOD, "x")
    assert list(settings.environments) == ["sandbox", "production"]
    assert settings.environments["production"].retry.maximum_retry_attempts == 0
    assert settings.environments["sandbox"].log_group == "/cron2fargate/{job}"


def test_every_mistake_at_once_with_its_line() -> None:
    text = """\
owner: 1
environments:
  a:
    region: tokyo
    subnet: []
    subnets: [x]
    securityGroups: []
    retry: {maximumRetryAttemps: 900}
    logRetentionDays: 2
    logGroup: "/{name}"
    assignPublicIp: true
    tags: {"aws:x": y}
"""
    with pytest.raises(UserError) as caught:
        parse_settings(text, "c.yml")
    head, *said = str(caught.value).splitlines()
    assert head == "the settings have mistakes:"
    wanted = [
        ("c.yml:1:8", 'owner: must be text; write it in quotes: "1"'),
        ("c.yml:3:3", "environments.a: 'eventsRole' is missing"),
        ("c.yml:3:3", "environments.a: 'executionRole' is missing"),
        ("c.yml:4:13", "must be a region such as ap-northeast-1 (it is tokyo)"),
        ("c.yml:5:5", "environments.a.subnet: unknown key 'subnet'; did you mean 'subnets'?"),
        ("c.yml:6:15", "must be a subnet id (subnet-…) (it is x)"),
        ("c.yml:7:21", "must have at least 1 item"),
        ("c.yml:8:13", "unknown key 'maximumRetryAttemps'; did you mean 'maximumRetryAttempts'?"),
        ("c.yml:9:23", "CloudWatch Logs knows 1, 3, 5,"),
        ("c.yml:10:15", "only {job} and {environment} can stand in braces"),
        ("c.yml:11:21", "'true' is not possible; allowed: 'ENABLED' or 'DISABLED'"),
        ("c.yml:12:11", "is not a tag key AWS allows here"),
    ]
    assert len(said) == len(wanted)
    for line, (place, words) in zip(said, wanted, strict=True):
        assert words in line
        assert line.split(": ")[0].split(":")[:2] == place.split(":")[:2]


def test_picking_an_environment() -> None:
    settings = parse_settings(GOOD, "x")
    assert pick_environment(settings, "production", "x")[1].profile == "prod"
    with pytest.raises(UserError, match=r"several environments \(sandbox, production\); choose one with -e"):
        pick_environment(settings, None, "x")
    with pytest.raises(UserError, match="has no environment 'prod'; it has: sandbox, production"):
        pick_environment(settings, "prod", "x")
    assert pick_environment(parse_settings(default_settings_text(), "x"), None, "x")[0] == "sandbox"


def test_files_that_are_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such settings file"):
        load_settings(tmp_path / "no.yml")
    (tmp_path / "latin1.yml").write_bytes(b"owner: \xe9")
    with pytest.raises(UserError, match=r"not UTF-8 text \(byte 7\)"):
        load_settings(tmp_path / "latin1.yml")


def test_the_schema_that_is_shipped_is_the_models() -> None:
    assert json.loads(schema_text("settings")) == json_schema()


@pytest.mark.parametrize("text", [GOOD, default_settings_text()])
def test_the_schema_takes_what_loads(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), json.loads(schema_text("settings")))
