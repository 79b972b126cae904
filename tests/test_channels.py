"""What each channel is sent, against the public schema of its API: members, types, words and lengths, as tables."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from moto import mock_aws

from converters.frame.channels import Datadog, Destination, Https, Kept, PagerDuty, Slack
from converters.frame.place import Place
from converters.workflows.notifier import DETAIL_TYPE, SOURCE
from converters.workflows.watching import WATCH
from migrate.aws import connection
from migrate.aws.session import connect
from migrate.errors import UserError
from migrate.export import cloudformation, terraform
from migrate.export.units import export
from migrate.settings.model import parse_settings
from tests.aws.world import spec
from tests.watch.notices import Notices, box, task

PLACE = Place("web1", "123456789012", "ap-northeast-1", "production", "{environment}-{job}", False)
TIME = "2026-11-22T03:05:00Z"
NASTY = 'no "quotes"\\, <title>\n& end'

# API -> path of a member -> is it required, its type, and the words or the number of characters that it may have.
# PagerDuty: "Send an event", Events API v2, as of its client libraries; Datadog: "Post an event", v1; Slack: incoming webhooks.
Rule = tuple[bool, type, frozenset[str] | int | None]
SCHEMAS: dict[str, dict[str, Rule]] = {
    "pagerduty": {
        "routing_key": (True, str, 32),
        "event_action": (True, str, frozenset({"trigger", "acknowledge", "resolve"})),
        "dedup_key": (False, str, 255),
        "client": (False, str, None),
        "payload": (True, dict, None),
        "payload.summary": (True, str, 1024),
        "payload.source": (True, str, None),
        "payload.severity": (True, str, frozenset({"critical", "error", "warning", "info"})),
        "payload.timestamp": (False, str, None),
        "payload.component": (False, str, None),
        "payload.class": (False, str, None),
        "payload.custom_details": (False, dict, None),
    },
    "datadog": {
        "title": (True, str, 500),
        "text": (True, str, 4000),
        "alert_type": (False, str, frozenset({"error", "warning", "info", "success", "user_update", "recommendation"})),
        "aggregation_key": (False, str, 100),
        "source_type_name": (False, str, None),
        "tags": (False, list, None),
    },
    "slack": {"text": (True, str, 40_000)},
}


def problems(api: str, body: dict[str, Any]) -> list[str]:
    """What the API would say of a body."""
    schema, found = SCHEMAS[api], list[str]()

    def look(value: dict[str, Any], before: str) -> None:
        for name, (required, _, _) in schema.items():
            if (
                name.startswith(before)
                and "." not in name[len(before) :]
                and required
                and name[len(before) :] not in value
            ):
                found.append(f"{name} is missing")
        for name, inner in value.items():
            path = before + name
            if path not in schema:
                found.append(f"{path} is not known")
                continue
            _, kind, limit = schema[path]
            size: Any = inner
            if not isinstance(inner, kind):
                found.append(f"{path} is no {kind.__name__}")
            elif isinstance(limit, frozenset) and inner not in limit:
                found.append(f"{path} may not be {inner}")
            elif isinstance(limit, int) and len(size) > limit:
                found.append(f"{path} is too long")
            elif kind is dict and path != "payload.custom_details":
                look(size, f"{path}.")

    look(body, "")
    return found  # fmt: skip


def channel(name: str) -> Destination:
    channels = (
        Slack(Kept("s")),
        Datadog(Kept("d"), "datadoghq.eu"),
        PagerDuty(Kept("p"), "eu"),
        Https(Kept("h"), "https://hooks.example.com/x", prefix="Bearer "),
    )
    made = [one.destination(PLACE) for one in channels]
    return next(one for one in made if one.name.endswith(name))


def sent(one: Destination, detail: dict[str, Any]) -> dict[str, Any]:
    """The body that EventBridge makes of an event: each variable as JSON; a string inside quotes without its own."""
    event = {"source": SOURCE, "detail-type": DETAIL_TYPE, "time": TIME, "detail": detail}
    text = one.template
    values: dict[str, Any] = {}
    for name, path in one.paths.items():
        value: Any = event
        for part in path.removeprefix("$.").split("."):
            value = value[part]
        values[name] = value

    def fill(found: re.Match[str]) -> str:
        value = values[found[1]]
        # `"job:<job>"`: inside a string the value stands bare.
        inside = text[: found.start()].count('"') % 2 == 1
        return str(value) if inside else json.dumps(value)

    body = json.loads(re.sub(r"<(\w+)>", fill, text))
    assert isinstance(body, dict)
    return body | ({one.body: "0" * 32} if one.body else {})


def told(kind: str, what: str, **more: str) -> dict[str, Any]:
    """What the notifier says of a word of the watchman."""
    words = {"kind": kind, "job": "report", "what": what, "reason": "", "slot": "2026-11-22T03:00Z", "resource": "r"}
    return of_event({"source": WATCH, "time": TIME, "detail": words | more})


def of_event(event: dict[str, Any]) -> dict[str, Any]:
    notices = Notices()
    notices.send(event)
    [one] = notices.others
    detail = one["Detail"]
    assert isinstance(detail, dict)
    return detail


FAILED = of_event(task(box(code=3, reason=NASTY)))
MISSED = told("missed", "did not start when it should have", reason=NASTY)
AGAIN = told("again", "has still not started")
GAVE_UP = told("gave-up", "was given up before it started")
OFF = told("disabled", "does not start")
WELL = told("ok", "runs again")

# what is told -> PagerDuty's action and incident, Datadog's type
KINDS = [
    (FAILED, "trigger", "web1/production/report/run", "error"),
    (MISSED, "trigger", "web1/production/report/start", "error"),
    (AGAIN, "trigger", "web1/production/report/start", "error"),
    (GAVE_UP, "trigger", "web1/production/report/start", "error"),
    (OFF, "trigger", "web1/production/report/start", "error"),
    (WELL, "resolve", "web1/production/report/start", "success"),
]


@pytest.mark.parametrize(("detail", "action", "incident", "alert"), KINDS)
@pytest.mark.parametrize("api", SCHEMAS)
def test_each_kind_is_what_the_channel_takes(
    api: str, detail: dict[str, Any], action: str, incident: str, alert: str
) -> None:
    body = sent(channel(api), detail)
    assert problems(api, body) == []
    if api == "pagerduty":
        assert (body["event_action"], body["dedup_key"]) == (action, incident)
        assert body["payload"]["timestamp"] == TIME
        assert body["payload"]["summary"] == detail["title"]
    if api == "datadog":
        assert body["alert_type"] == alert


def test_the_schemas_refuse_what_they_should() -> None:
    body = sent(channel("pagerduty"), FAILED)
    assert problems("pagerduty", {**body, "event_action": "open"}) == ["event_action may not be open"]
    assert problems("pagerduty", {**body, "extra": 1}) == ["extra is not known"]
    assert problems("pagerduty", {**body, "dedup_key": "x" * 256}) == ["dedup_key is too long"]
    assert problems("pagerduty", {**body, "payload": {}})[0] == "payload.summary is missing"


def test_an_address_of_ones_own_gets_the_whole_detail() -> None:
    one = channel("https")
    assert sent(one, MISSED) == {"version": 1, "time": TIME, "detail": MISSED}
    assert (one.header, one.key) == ("Authorization", "Bearer {secret}")


SETTINGS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    executionRole: exec
    eventsRole: events
    notifications:
      %s
"""


@mock_aws
def test_the_routing_key_stands_in_the_connection_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    settings = parse_settings(SETTINGS % "pagerduty: {routingKeySecret: p, routingKeySecretKey: key}", "x")
    aws = connect(settings.environments["sandbox"], read_only=False)
    key = "0123456789abcdef0123456789abcdef"
    aws.client("secretsmanager").create_secret(Name="p", SecretString=json.dumps({"key": key}))
    one = PagerDuty(Kept("p", "key")).destination(PLACE)
    asked: list[dict[str, Any]] = []
    create = aws.client("events").create_connection

    def recorded(**words: Any) -> Any:
        asked.append(words)
        return create(**words)

    monkeypatch.setattr(aws.client("events"), "create_connection", recorded)
    for step in connection.plan(aws, one, aws.marks("web1", "")):
        assert step.write
        step.write(aws, None)  # type: ignore[arg-type]
    [body] = asked[0]["AuthParameters"]["InvocationHttpParameters"]["BodyParameters"]
    assert body == {"Key": "routing_key", "Value": key, "IsValueSecret": True}
    assert key not in json.dumps([one.template, one.endpoint, one.key, dict(one.paths), dict(one.pattern)])
    api = aws.client("events").describe_api_destination(Name=one.name)
    assert api["InvocationEndpoint"] == "https://events.pagerduty.com/v2/enqueue"


@pytest.mark.parametrize(
    "bad",
    [
        'https: {address: "http://x.example.com", secret: s}',
        'https: {address: "https://x.example.com/{secret}", secret: s}',
        'https: {address: "https://x.example.com/*", secret: s}',
        'https: {address: "https://user@x.example.com/", secret: s}',
        'https: {address: "https://x.example.com/", secret: s, header: "a b"}',
        "pagerduty: {routingKeySecret: s, region: mars}",
        "pagerduty: {}",
    ],
)
def test_what_no_channel_can_be_is_refused(bad: str) -> None:
    with pytest.raises(UserError, match="the settings have mistakes"):
        parse_settings(SETTINGS % bad, "x")


def test_the_exports_hold_the_secret_s_name_and_never_its_value() -> None:
    settings = parse_settings(SETTINGS % "pagerduty: {routingKeySecret: p, region: eu}", "x")
    made = export("sandbox", settings.environments["sandbox"], "web1", [spec("one")])
    shared = cloudformation.files(made)["shared.yml"]
    assert "Key: routing_key\n" in shared
    assert "Value: '{{resolve:secretsmanager:p:SecretString}}'" in shared
    hcl = "\n".join(terraform.files(made).values())
    assert re.search(r"invocation_http_parameters \{\s*body \{\s*key\s*= \"routing_key\"", hcl)
    assert "value           = data.aws_secretsmanager_secret_version.pagerduty.secret_string" in hcl
