"""Letters of dead-letter queues, as EventBridge and Scheduler write them, and what is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.expressions.guards import SLOT
from converters.history.letters import Letter, read

REGION, ACCOUNT = "ap-northeast-1", "123456789012"
RULE = {"RULE_ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/job-2", "ERROR_CODE": "NO_PERMISSIONS"}
SCHEDULE = {
    "SCHEDULE_ARN": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/cron2fargate-web1/job",
    "ERROR_MESSAGE": "no",
}
AT = "2027-01-31T03:00:00Z"
TOKYO = "2027-01-31T12:00:00.000+09:00"
EVENT = json.dumps({"version": "0", "source": "aws.events", "time": AT, "detail": {}})
GUARDED = json.dumps({"containerOverrides": [{"name": "app", "environment": [{"name": SLOT, "value": AT}]}]})

# attributes, body -> rule or schedule, its name, its group, the slot, the error
LETTERS = [
    (RULE, EVENT, Letter("rule", "job-2", "", AT, "NO_PERMISSIONS")),
    (RULE, '{"slot": "2027-01-31T03:00:00Z"}', Letter("rule", "job-2", "", AT, "NO_PERMISSIONS")),
    (RULE | {"ERROR_MESSAGE": "m"}, GUARDED, Letter("rule", "job-2", "", AT, "NO_PERMISSIONS: m")),
    (RULE, '{"shadow": true, "says": "cron2fargate shadow"}', Letter("rule", "job-2", "", "", "NO_PERMISSIONS", True)),
    (RULE, "no JSON", Letter("rule", "job-2", "", "", "NO_PERMISSIONS")),
    (RULE, '{"time": "tomorrow"}', Letter("rule", "job-2", "", "", "NO_PERMISSIONS")),
    (RULE, '{"time": "2027-13-31T03:00:00Z"}', Letter("rule", "job-2", "", "", "NO_PERMISSIONS")),
    (RULE, '{"time": ["2027"], "containerOverrides": {"a": 1}}', Letter("rule", "job-2", "", "", "NO_PERMISSIONS")),
    (SCHEDULE, GUARDED, Letter("schedule", "job", "cron2fargate-web1", AT, "no")),
    # The payload of a task tells nothing; the letter itself does.
    (SCHEDULE | {"SCHEDULED_TIME": AT}, "{}", Letter("schedule", "job", "cron2fargate-web1", AT, "no")),
    (SCHEDULE | {"SCHEDULED_TIME": TOKYO}, "{}", Letter("schedule", "job", "cron2fargate-web1", AT, "no")),
    ({}, EVENT, None),
    ({"RULE_ARN": "job"}, EVENT, None),
    ({"RULE_ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/other-bus/job"}, EVENT, None),
    ({"RULE_ARN": f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/job"}, EVENT, None),
    ({"RULE_ARN": f"arn:aws:events:{REGION}:210987654321:rule/job"}, EVENT, None),
    ({"SCHEDULE_ARN": f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/job"}, EVENT, None),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "body", "letter"), LETTERS)
def test_a_letter_is_read(attributes: dict[str, str], body: str, letter: Letter | None) -> None:
    assert read(attributes, body, REGION, ACCOUNT) == letter


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(
    st.sampled_from(["time", "slot", "containerOverrides", "environment", "name", "value", "x"]), one)))  # fmt: skip
def test_whatever_the_body_holds_is_read_without_an_error(value: object) -> None:
    letter = read(RULE, json.dumps(value), REGION, ACCOUNT)
    assert letter is not None and (letter.slot == "" or len(letter.slot) == len(AT))
