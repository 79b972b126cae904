"""An address that takes calls and never answers is named soon, and said to be waited for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import boto3
import pytest

from migrate.aws.errors import aws_errors
from migrate.aws.patience import HURRIED, USUAL, Patience, Watch
from migrate.errors import UserError

SILENT = Patience(connect=0.3, read=0.3, tries=2)


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that accepts every connection and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closing() -> Iterator[str]:
    """A server that hangs up on every call."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(50)

        def hang_up() -> None:
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                return

        threading.Thread(target=hang_up, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def client(service: str, address: str, watch: Watch) -> object:
    made = boto3.client(
        service,
        endpoint_url=address,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=watch.patience.config(service),
    )
    watch.over(made)
    return made


@pytest.mark.parametrize("kind", ["silent", "closing", "refusing"])
def test_what_never_answers_is_said_once_and_ends_soon(kind: str, request: pytest.FixtureRequest) -> None:
    address = "http://127.0.0.1:1" if kind == "refusing" else request.getfixturevalue(kind)
    said: list[str] = []
    watch = Watch(SILENT, said.append)
    began = time.monotonic()
    for service, call in (("ecs", "list_clusters"), ("events", "list_rules"), ("sts", "get_caller_identity")):
        with pytest.raises(UserError, match="cannot be reached"), aws_errors("here"):
            getattr(client(service, address, watch), call)()
    assert time.monotonic() - began < 12
    assert said == ["ecs:ListClusters: no answer from AWS; trying again"]


@pytest.mark.parametrize(("patience", "seconds"), [(USUAL, 33), (HURRIED, 10)])
def test_silence_is_bounded(patience: Patience, seconds: float) -> None:
    """All tries of one call, with botocore's pauses of at most a second for the first and two for the second."""
    pauses = sum(range(1, patience.tries))
    assert patience.tries * max(patience.read, patience.connect) + pauses <= seconds
    assert patience.config("ecs").retries["max_attempts"] == 10
