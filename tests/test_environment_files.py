"""``environmentFiles`` in ecs.yml: what is taken, what it becomes, and what the execution role may then read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converters.frame.policies import joined, policy, read_environment_files
from converters.specs.model import SpecErrors, json_schema, load_spec
from tests.aws.world import spec

TAKEN = [
    "arn:aws:s3:::shop/app.env",
    "arn:aws:s3:::shop.config/jobs/nightly/app.env",
    "arn:aws-cn:s3:::shop/app.env",
    "arn:aws-us-gov:s3:::shop/.hidden.env",
    "arn:aws:s3:::shop/a b.env",
]
REFUSED = [
    "s3://shop/app.env",
    "shop/app.env",
    "arn:aws:s3:::shop/app.txt",
    "arn:aws:s3:::shop/app.env.old",
    "arn:aws:s3:::shop",
    "arn:aws:s3:::shop/",
    "arn:aws:s3:::Shop/app.env",
    "arn:aws:s3:ap-northeast-1:123456789012:shop/app.env",
    "/etc/app.env",
    "https://shop.s3.amazonaws.com/app.env",
    "",
]


@pytest.mark.parametrize("source", TAKEN)
def test_what_is_taken(source: str) -> None:
    assert spec(container={"environmentFiles": [source]}).containers[0].environment_files == [source]


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_refused(source: str) -> None:
    with pytest.raises(SpecErrors, match="environmentFiles"):
        spec(container={"environmentFiles": [source]})


def test_ten_are_the_most() -> None:
    spec(container={"environmentFiles": TAKEN[:1] * 10})
    with pytest.raises(SpecErrors, match="environmentFiles"):
        spec(container={"environmentFiles": TAKEN[:1] * 11})


def test_a_misspelt_key_is_told() -> None:
    value: dict[str, Any] = {"type": "FARGATE", "name": "a", "schedule": {"scheduleExpression": "rate(1 day)"}}
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "a:1", "environmentFile": TAKEN[:1]}
    with pytest.raises(SpecErrors, match="environmentFiles"):
        load_spec(json.dumps(value | {"containers": [box]}), "ecs.yml")


def test_the_schema_knows_them() -> None:
    found = json_schema()["$defs"]["Container"]["properties"]["environmentFiles"]
    assert (found["type"], found["maxItems"]) == ("array", 10)


def test_the_execution_role_may_read_these_and_no_others() -> None:
    found = policy(*read_environment_files(TAKEN[:2]))["Statement"]
    assert [(one["Action"], one["Resource"]) for one in found] == [
        (["s3:GetObject"], sorted(TAKEN[:2])),
        (["s3:GetBucketLocation"], ["arn:aws:s3:::shop", "arn:aws:s3:::shop.config"]),
    ]
    assert policy(*read_environment_files([]))["Statement"] == []


def test_a_run_about_other_jobs_takes_no_right_away() -> None:
    live = policy(*read_environment_files(TAKEN[:1]))
    assert joined(live, policy())["Statement"] == live["Statement"]
