"""Lifecycle policies of ECR: which images a policy takes, and when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converters.images.lifecycle import DAY, LifecycleError, Stored, expires

IMAGES = [
    Stored("old", ("v1", "prod-1"), 10 * DAY),
    Stored("mid", ("v2",), 20 * DAY),
    Stored("new", ("v3", "prod-3", "latest"), 30 * DAY),
    Stored("bare", (), 25 * DAY),
]


def rule(priority: int, status: str, kind: str, number: int, **more: Any) -> dict[str, Any]:
    selection = {"tagStatus": status, "countType": kind, "countNumber": number, **more}
    if kind == "sinceImagePushed":
        selection["countUnit"] = "days"
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


AGE, COUNT = "sinceImagePushed", "imageCountMoreThan"
VECTORS: dict[str, tuple[list[dict[str, Any]], dict[str, float | None]]] = {
    "no rule": ([], {"old": None}),
    "by age": ([rule(1, "any", AGE, 14)], {"old": 24 * DAY, "new": 44 * DAY, "bare": 39 * DAY}),
    "untagged only": ([rule(1, "untagged", AGE, 1)], {"bare": 26 * DAY, "old": None}),
    "by number": ([rule(1, "any", COUNT, 2)], {"new": None, "bare": None, "mid": 30 * DAY, "old": 25 * DAY}),
    "a number that holds all": ([rule(1, "any", COUNT, 4)], {"old": None}),
    "prefix": ([rule(1, "tagged", COUNT, 1, tagPrefixList=["prod-"])], {"old": 30 * DAY, "new": None, "mid": None}),
    "all prefixes must match": ([rule(1, "tagged", AGE, 1, tagPrefixList=["prod-", "latest"])], {"new": 31 * DAY, "old": None}),
    "pattern": ([rule(1, "tagged", AGE, 1, tagPatternList=["*-1"])], {"old": 11 * DAY, "new": None}),
    "a pattern is whole": ([rule(1, "tagged", AGE, 1, tagPatternList=["prod"])], {"old": None}),
    "a higher rule keeps it": (
        [rule(2, "any", AGE, 1), rule(1, "tagged", COUNT, 5, tagPrefixList=["prod-"])],
        {"old": None, "new": None, "mid": 21 * DAY},
    ),
    "what a higher rule took is not counted": (
        [rule(1, "tagged", AGE, 1, tagPrefixList=["latest"]), rule(2, "any", COUNT, 1)],
        {"bare": None, "mid": 25 * DAY},
    ),
    "not there": ([rule(1, "any", AGE, 1)], {"gone": None}),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_when_an_image_expires(name: str) -> None:
    rules, expected = VECTORS[name]
    policy = json.dumps({"rules": rules})
    assert {digest: expires(policy, IMAGES, digest) for digest in expected} == expected


BAD = [
    "", "[]", "{}", '{"rules": 1}', '{"rules": [{}]}', '{"rules": [{"rulePriority": 1}]}',
    json.dumps({"rules": [rule(1, "some", AGE, 1)]}),
    json.dumps({"rules": [rule(1, "any", "sinceImagePulled", 1)]}),
    json.dumps({"rules": [{**rule(1, "any", AGE, 1), "selection": {"tagStatus": "any", "countType": AGE}}]}),
]  # fmt: skip


@pytest.mark.parametrize("policy", BAD)
def test_what_cannot_be_read_is_no_answer(policy: str) -> None:
    with pytest.raises(LifecycleError):
        expires(policy, IMAGES, "old")
