"""A process that is killed (SIGKILL) once AWS has carried out a writing call, over HTTP: the next process ends alike."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.aws.world import KOYAMA, SETTINGS

WRITES = ("CreateLogGroup", "PutRetentionPolicy", "RegisterTaskDefinition", "PutRule", "PutTargets")


class Server:
    """The embedded AWS behind HTTP; after ``deadly`` writing calls, the process that made them is killed."""

    def __init__(self) -> None:
        self.app = DomainDispatcherApplication(create_backend_app)
        self.made: list[str] = []
        self.deadly = 0
        self.victim: subprocess.Popen[bytes] | None = None
        self.http = make_server("127.0.0.1", 0, self, threaded=True)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = list(self.app(environ | {"wsgi.input": io.BytesIO(body)}, start_response))
        name = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        # What all jobs share is written before, and not counted.
        if name in WRITES and b"cron-koyama_test" in body:
            self.made.append(name)
            if len(self.made) == self.deadly and self.victim:
                os.kill(self.victim.pid, signal.SIGKILL)
        return answer


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    thread = threading.Thread(target=found.http.serve_forever, daemon=True)
    thread.start()
    yield found
    found.http.shutdown()
    thread.join()


def register(server: Server, workspace: Path, deadly: int) -> int:
    server.deadly, server.made = deadly, []
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")} | {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    arguments = ["register", "--create", "--yes", "--no-check", "--out", str(workspace)]
    command = [sys.executable, "-m", "migrate.cli", *arguments]
    server.victim = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    return server.victim.wait(timeout=300)


def client(server: Server, service: str) -> Any:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client(service, region_name="ap-northeast-1", endpoint_url=server.url, **keys)


def made(server: Server) -> tuple[Any, ...]:
    rules = client(server, "events").list_rules()["Rules"]
    (rule,) = [rule for rule in rules if rule["Name"] == "cron-koyama_test"]
    targets = client(server, "events").list_targets_by_rule(Rule="cron-koyama_test")["Targets"]
    revisions = client(server, "ecs").list_task_definitions()["taskDefinitionArns"]
    return rule["State"], rule["ScheduleExpression"], targets, revisions


def test_a_process_killed_after_any_write_is_finished_by_the_next(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cron2fargate.yml").write_text(SETTINGS)
    job = tmp_path / "jobs" / "koyama"
    job.mkdir(parents=True)
    (job / "ecs.yml").write_text(KOYAMA)
    ends = []
    for deadly in (0, 1, 3, 4):
        urlopen(Request(f"{server.url}/moto-api/reset", method="POST")).read()
        client(server, "ecs").create_cluster(clusterName="cron")
        if deadly:
            assert register(server, tmp_path, deadly) == -signal.SIGKILL
            assert server.made == list(WRITES[:deadly])
        assert register(server, tmp_path, 0) == 0
        ends.append(made(server))
    assert all(end == ends[0] for end in ends)
    assert ends[0][0] == "DISABLED"
    assert len(ends[0][2]) == len(ends[0][3]) == 1
