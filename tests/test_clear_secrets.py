"""Which specs hold a secret in clear, and which only look so."""

from __future__ import annotations

import json

import pytest

from converters.secrets.clear import clear_secrets
from converters.specs.model import load_spec
from tests.test_ecs import KOYAMA

CASES = [
    ({"environment": {"DB_PASSWORD": "hunter2x9"}}, ["environment DB_PASSWORD of container app"]),
    ({"environment": {"DB_PASSWORD": "CHANGE_ME"}}, []),
    ({"environment": {"DB_PASSWORD": "xxxxxxxx"}}, []),
    ({"environment": {"RAILS_ENV": "production"}}, []),
    ({"environment": {"URL": "postgres://app:s3cr3tPassw0rd@db/app"}}, ["environment URL of container app"]),
    ({"command": ["mysqldump", "-ps3cr3tPassw0rd", "shop"]}, ["the command of container app"]),
    ({"command": ["/bin/sh", "-c", "mysqldump -ps3cr3tPassw0rd shop"]}, ["the command of container app"]),
    ({"command": ["/bin/sh", "-c", 'mysqldump -p"$MYSQL_PASSWORD" shop']}, []),
    ({"command": ["curl", "-H", "Authorization: Bearer abcdef0123456789abcdef"]}, ["the command of container app"]),
    ({"secrets": {"DB_PASSWORD": "/cron2fargate/job/DB_PASSWORD"}}, []),
]


@pytest.mark.parametrize(("container", "wanted"), CASES, ids=[json.dumps(case)[:60] for case, _ in CASES])
def test_secrets_in_clear(container: dict[str, object], wanted: list[str]) -> None:
    box = {"name": "app", "cpu": 256, "memory": 512, "image": "a:1", **container}
    text = {"type": "FARGATE", "name": "j", "containers": [box], "schedule": {"scheduleExpression": "rate(1 minute)"}}
    found = list(clear_secrets(load_spec(json.dumps(text), "ecs.yml").containers))
    assert found == wanted
    assert "s3cr3tPassw0rd" not in " ".join(found)


def test_the_example_of_the_documents_has_none() -> None:
    assert not list(clear_secrets(load_spec(KOYAMA, "ecs.yml").containers))
