"""A real terraform applies an export, releases go on beside it, and nobody's plan takes the other's work back.

No package archive has terraform or its AWS provider, and one pass takes minutes: ``TESTS=deep`` where both are there. What the
code says is judged for every push by ``tests/test_export.py``.
"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from click.testing import CliRunner

from migrate.cli import cli
from tests.effort import DEEP
from tests.real.terraform_world import Root, account, tools

SETTINGS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    cluster: cron
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    executionRole: cron2fargate-web1-execution
    eventsRole: cron2fargate-web1-events
    schedulerRole: cron2fargate-web1-scheduler
    notifications: {email: [ops@example.com]}
"""
BOX = "type: FARGATE\ncontainers: [{name: app, cpu: 256, memory: 512, image: 'example/app:1'}]\n"
JOBS = {
    "later": "after: [locked]\n",
    "locked": "schedule: {scheduleExpression: 'cron(5 * * * ? *)'}\nlock: {name: x, wait: 60}\ntimeout: 60\n",
    "plain": "schedule: {scheduleExpression: ['cron(0 3 * * ? *)', 'cron(0 9 ? * MON *)']}\n",
    "zoned": "schedule: {scheduleExpression: 'cron(0 9 * * ? *)', timezone: Asia/Tokyo}\n",
}
RELEASED = [
    # job, what stands in its ecs.yml, what developers make of it
    ("plain", "cron(0 3", "cron(30 4"),
    ("zoned", "'cron(0 9 * * ? *)'", "rate(1 minute)"),
    ("locked", "'cron(5 * * * ? *)'", "rate(5 minutes)"),
    ("locked", "timeout: 60", "timeout: 90"),
]


def _call(workspace: Path, *words: str) -> str:
    done = CliRunner().invoke(cli, [*words, "--out", str(workspace)], catch_exceptions=False)
    return done.output


if DEEP and tools():

    @pytest.mark.parametrize("layout", ["one", "directories"])
    def test_applied_released_and_planned_empty(layout: str, tmp_path: Path) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        for name, more in JOBS.items():
            path = tmp_path / "jobs" / name / "ecs.yml"
            path.parent.mkdir(parents=True)
            path.write_text(f"name: {name}\n{BOX}{more}")
        (tmp_path / "cron2fargate.yml").write_text(SETTINGS)
        _call(tmp_path, "export", "terraform", "--layout", layout, "--no-import")
        target = tmp_path / "export/terraform/sandbox"
        parts = ["."] if layout == "one" else ["shared", *(f"jobs/{name}" for name in JOBS)]
        with account() as client:
            there = {"name": "containerInsights", "value": "enabled"}
            client("ecs").create_cluster(clusterName="cron", settings=[there])
            roots = [Root(target / part) for part in parts]
            for root in roots:
                root.init()
                root.run("validate")
                root.apply()
                assert root.is_settled() == ""
            assert "no changes" in _call(tmp_path, "plan")
            for job, before, after in RELEASED:
                path = tmp_path / "jobs" / job / "ecs.yml"
                path.write_text(path.read_text().replace(before, after))
            assert "changes written" in _call(tmp_path, "register", "--image", "app=example/app:2", "--yes")
            _call(tmp_path, "enable", "--yes", "plain")
            assert [root.is_settled() for root in roots] == [""] * len(roots)
            found = client("ecs").describe_clusters(clusters=["cron"], include=["SETTINGS"])["clusters"][0]
            assert (found["settings"], found.get("capacityProviders", [])) == ([there], [])
            for root in reversed(roots[1:]):
                root.run("destroy", "-input=false", "-auto-approve")
            groups = {group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]}
            assert groups == {f"/cron2fargate/{name}" for name in JOBS}
