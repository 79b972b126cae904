"""A real terraform with the real AWS provider, against an AWS behind a socket in this process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest

REGION = "ap-northeast-1"
OVERRIDE = """\
provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
}
"""
_PLACES = (Path("/opt"), Path("/usr/local/share"), Path("/usr/share"), Path("~/.terraform.d").expanduser())


@cache
def tools() -> tuple[str, Path] | None:
    """The program and the folder of its plug-ins; None where this machine lacks one of the two."""
    program = shutil.which("terraform")
    own = os.environ.get("TERRAFORM_PLUGINS")
    places = [Path(own)] if own else [path for place in _PLACES for path in sorted(place.glob("*/"))]
    for place in places:
        if program and next(place.glob("*/hashicorp/aws/*/*/terraform-provider-aws*"), None):
            return program, place
    return None


class Root:
    """One root of an export, with a state of its own."""

    def __init__(self, directory: Path, **variables: str) -> None:
        found = tools()
        assert found is not None
        self._program, self._plugins = found
        self.directory = directory
        self.variables = {"account_id": "123456789012", **variables}
        (directory / "provider_override.tf").write_text(OVERRIDE)

    def run(self, *words: str, good: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        told = {f"TF_VAR_{name}": value for name, value in self.variables.items()}
        kept = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
        done = subprocess.run(
            [self._program, words[0], "-no-color", *words[1:]],
            cwd=self.directory,
            env={**kept, **told, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode in good, done.stdout + done.stderr
        return done

    def init(self) -> None:
        self.run("init", "-input=false", f"-plugin-dir={self._plugins}")

    def apply(self, *words: str) -> str:
        return self.run("apply", "-input=false", "-auto-approve", *words).stdout

    def is_settled(self) -> str:
        """What a plan would change; empty where that is nothing."""
        done = self.run("plan", "-input=false", "-detailed-exitcode", good=(0, 2))
        return done.stdout if done.returncode else ""


@contextmanager
def account() -> Iterator[Any]:
    """An empty account, told by the environment to boto3 and the provider alike; gives clients of it."""
    from moto.server import ThreadedMotoServer
    from moto.stepfunctions.responses import StepFunctionResponse

    # The provider asks both of a workflow, and moto knows neither.
    more = {
        "validate_state_machine_definition": {"result": "OK", "diagnostics": []},
        "list_state_machine_versions": {"stateMachineVersions": []},
    }
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # Accounts of one process are one: what a layout before made is taken away.
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST"), timeout=60).close()
    values = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in values.items():
            patch.setenv(name, value)
        for name, answer in more.items():
            patch.setattr(StepFunctionResponse, name, _always(answer), raising=False)
        session = boto3.Session(region_name=REGION)
        yield session.client
    server.stop()


def _always(answer: dict[str, Any]) -> Any:
    import json

    return lambda self: json.dumps(answer)
