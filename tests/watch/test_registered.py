"""The watchman on AWS: what register makes of it, and what enable, disable and another run do to its plans."""

from __future__ import annotations

import json

import pytest

from converters.workflows.machine import NOTE
from converters.workflows.watchman import plans_of
from migrate.aws import missing
from migrate.aws.watch import watched
from migrate.errors import UserError
from tests.aws.places import Site, settings, site, world
from tests.aws.world import spec

NIGHTLY = spec("nightly", "cron(0 3 ? * MON-FRI *)", timeout={"seconds": 3600})
OTHER = spec("other", "cron(0 4 * * ? *)", once=True, schedule={"timezone": "Europe/Berlin"})
PLAIN = spec("plain", "cron(0 5 * * ? *)")
JOBS = [NIGHTLY, OTHER, PLAIN]


def on_aws(live: Site) -> list[str]:
    return watched(live.aws, live.aws.place("web1"))


def test_the_watch_follows_what_is_switched_on() -> None:
    with world():
        live = site(settings({"production": "ap-northeast-1"}, production="watch: true"), "production")
        live.register(JOBS)
        assert on_aws(live) == []
        assert live.left(JOBS) == []
        states = live.client("stepfunctions")
        arn = live.aws.place("web1").arn("states", "stateMachine:nightly")
        definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
        assert definition["StartAt"] == NOTE
        key = definition["States"][NOTE]["Arguments"]["Key"]["lock"]["S"]
        assert key.startswith("{% 'run#nightly#' & ")
        rule = live.client("events").describe_rule(Name="cron2fargate-web1-watch")
        assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "ENABLED")
        live.switch(JOBS)
        assert on_aws(live) == ["nightly", "other"]
        assert live.left(JOBS) == []  # a second run changes nothing, though time has passed
        alarms = {one["AlarmName"]: one for one in live.client("cloudwatch").describe_alarms()["MetricAlarms"]}
        # What the watchman tells needs no alarm; what tells of a silent watchman goes to the topic by itself.
        assert set(alarms) == {
            "cron2fargate-web1-watch-silent",
            "cron2fargate-web1-notify-failed",
            "cron2fargate-web1-plain-missed",
        }
        assert alarms["cron2fargate-web1-watch-silent"]["AlarmActions"]
        # A run with one job leaves the others, and what is switched off is not watched.
        live.switch([NIGHTLY], on=False)
        assert on_aws(live) == ["other"]
        watch = live.aws.place("web1").arn("states", "stateMachine:cron2fargate-web1-watch")
        definition = json.loads(states.describe_state_machine(stateMachineArn=watch)["definition"])
        [plan] = plans_of(definition)
        assert (plan.job, plan.zoned) == ("other", True)


def test_what_is_missing_is_shown_and_somebody_may_know_of_it() -> None:
    with world():
        live = site(settings({"production": "ap-northeast-1"}, production="watch: true"), "production")
        live.register([NIGHTLY])
        with pytest.raises(UserError, match="has made no pass yet"):
            missing.read(live.aws, "web1")
        state = {"slot": 29_900_340, "told": 29_900_350, "cause": "", "off": False, "z": False}
        text = json.dumps({"upto": 29_900_350, "missing": {"nightly": state, "z": {**state, "off": True}}})
        item = {"lock": {"S": "watch#"}, "state": {"S": text}}
        live.client("dynamodb").put_item(TableName="cron2fargate-web1-locks", Item=item)
        found = missing.read(live.aws, "web1")
        assert found.until == "2026-11-07T03:10:00Z"
        assert [str(one) for one in found.missing] == [
            "nightly: the start of 2026-11-07T03:00:00Z is missing, told 2026-11-07T03:10:00Z: no trace of a start",
            "z: the start of 2026-11-07T03:00:00Z is missing, told 2026-11-07T03:10:00Z: its rule or schedule is disabled",
        ]
        missing.acknowledge(live.writer, "web1", "z")
        missing.acknowledge(live.writer, "web1", "nightly")
        assert [one.known for one in missing.read(live.aws, "web1").missing] == [True, True]
        plain = site(settings({"production": "ap-northeast-1"}), "production")
        with pytest.raises(UserError, match="has no watchman"):
            missing.read(plain.aws, "web1")


def test_without_the_setting_nothing_is_noted() -> None:
    with world():
        live = site(settings({"production": "ap-northeast-1"}), "production")
        live.register([NIGHTLY])
        arn = live.aws.place("web1").arn("states", "stateMachine:nightly")
        definition = json.loads(live.client("stepfunctions").describe_state_machine(stateMachineArn=arn)["definition"])
        assert NOTE not in definition["States"]
