"""Images that stay: a tag that was moved since it was read, and a lifecycle policy that takes the image away."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from converters.images.facts import Image
from migrate.checks import keeping
from migrate.checks.model import Context
from tests.aws.test_check import ECR, SINGLE, push, said
from tests.aws.world import World, spec

DAY = 86400
NIGHTLY = "cron(0 3 * * ? *)"
YEARLY = "cron(0 3 1 1 ? *)"


def looked(
    world: World, *, read: str | None = None, days: float = 0, expression: str = NIGHTLY
) -> list[tuple[str, str]]:
    """(verdict, code) where the image was read as ``read``, so many days after its push."""
    image = f"{ECR}/app:1"
    facts = {} if read is None else {image: Image(image, read)}
    jobs = [spec(expression=expression, container={"image": image})]
    aws = world.connect(read_only=True)
    return said(keeping.check(Context(aws, world.owner, jobs, read=facts, clock=lambda: time.time() + days * DAY)))


def policy(world: World, *rules: dict[str, Any]) -> None:
    text = json.dumps(
        {"rules": [{"rulePriority": n, "selection": r, "action": {"type": "expire"}} for n, r in enumerate(rules, 1)]}
    )
    world.client("ecr").put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=text)


def age(days: int, status: str = "any") -> dict[str, Any]:
    return {"tagStatus": status, "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}


def digest(world: World) -> str:
    found = world.client("ecr").describe_images(repositoryName="app", imageIds=[{"imageTag": "1"}])["imageDetails"]
    return str(found[0]["imageDigest"])


def test_a_tag_that_was_moved(world: World) -> None:
    push(world, "app", "1", SINGLE)
    assert looked(world) == []
    assert looked(world, read=digest(world)) == [("OK", "")]
    assert looked(world, read="sha256:" + "e" * 64) == [("WARN", "C626")]


def test_an_index_holds_what_was_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    push(world, "app", "1", SINGLE)
    inner = "sha256:" + "d" * 64
    monkeypatch.setattr(keeping, "manifest_of", lambda context, parts: {"manifests": [{"digest": inner}]})
    assert looked(world, read=inner) == [("OK", "")]
    assert looked(world, read="sha256:" + "e" * 64) == [("WARN", "C626")]


TAKEN = {
    "none yet": ([age(30)], 0, NIGHTLY, ("WARN", "C627")),
    "tonight is late enough": ([age(30)], 28, NIGHTLY, ("WARN", "C627")),
    "before tonight": ([age(30)], 31, NIGHTLY, ("NG", "C625")),
    "a yearly job outlives it": ([age(1)], 2, YEARLY, ("NG", "C625")),
    "a rate starts at once": ([age(30)], 31, "rate(5 minutes)", ("NG", "C625")),
    "only untagged ones": ([age(1, "untagged")], 900, NIGHTLY, ("OK", "")),
    "a number": ([{"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}], 900, NIGHTLY, ("OK", "")),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_a_policy_takes(world: World, name: str) -> None:
    rules, days, expression, expected = TAKEN[name]
    push(world, "app", "1", SINGLE)
    policy(world, *rules)
    assert looked(world, days=days, expression=expression) == [expected]


def test_a_rule_that_nobody_here_knows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    push(world, "app", "1", SINGLE)
    ecr = world.connect(read_only=True).client("ecr")
    rule = {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "sinceImagePulled", "countNumber": 3}}
    text = json.dumps({"rules": [rule]})
    monkeypatch.setattr(ecr, "get_lifecycle_policy", lambda **_: {"lifecyclePolicyText": text})
    assert looked(world) == [("WARN", "C600")]


def test_what_is_not_in_ecr_is_said_elsewhere(world: World) -> None:
    assert looked(world, read="sha256:" + "e" * 64) == []
