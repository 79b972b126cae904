"""podman or docker as a program: found, asked, and never handed a word of ours as an option."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from migrate.errors import UserError

ENGINES = ("podman", "docker")
_SECONDS = 120
_MOST = 1 << 20


class EngineError(UserError):
    """An engine that is not there, or that does not do what it was asked."""


class Done(NamedTuple):
    """``said`` is its last line of standard error."""

    status: int
    out: str
    said: str


@dataclass(frozen=True, slots=True)
class Engine:
    """``program`` and ``options`` are the user's; ``kind`` is what it really is, for podman also answers as docker."""

    program: str
    options: tuple[str, ...]
    kind: str = ""
    version: str = ""

    def words(self, *words: str) -> list[str]:
        return [self.program, *self.options, *words]

    def ask(self, *words: str, environment: Mapping[str, str] | None = None, seconds: float = _SECONDS) -> Done:
        """Run it to its end; EngineError where it cannot be started or does not come back."""
        try:
            done = subprocess.run(  # noqa: S603  # the engine and options that the user named
                self.words(*words),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
                env={**os.environ, **(environment or {})},
                # Ctrl-C is for us: an engine that heard it too would leave its container half made.
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(
                f"{self.program}: cannot be started ({error.strerror}); install podman or docker"
            ) from None
        except subprocess.TimeoutExpired:
            raise EngineError(
                f"{self.program} {words[0]}: no answer in {seconds:.0f} s; look at the engine by hand"
            ) from None
        text = done.stderr[-_MOST:].decode("utf-8", "replace").strip()
        return Done(done.returncode, done.stdout[:_MOST].decode("utf-8", "replace"), last_error(text))

    def need(self, *words: str) -> str:
        """What it prints; EngineError with its own words where it fails."""
        done = self.ask(*words)
        if done.status:
            raise EngineError(f"{self.program} {words[0]} ended with {done.status}: {done.said or 'it says nothing'}")
        return done.out

    def inspect(self, *words: str) -> dict[str, object]:
        """The first object that `inspect` prints; empty where there is none."""
        done = self.ask(*words)
        try:
            found = json.loads(done.out) if not done.status else []
        except ValueError:
            found = []
        return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}


def last_error(text: str) -> str:
    """The line that says what is wrong: engines print warnings before it and help behind it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if line.lower().startswith(("error", "docker: error"))]
    return (named or lines or [""])[-1].removeprefix("Error: ")[:1000]


def find_engine(program: str | None, options: Sequence[str]) -> Engine:
    """The engine that was asked for, else podman, else docker; EngineError, one sentence, where there is none."""
    found = next((one for one in ([program] if program else ENGINES) if shutil.which(one)), None)
    if found is None:
        what = f"{program} is not here" if program else "neither podman nor docker is here"
        raise EngineError(f"{what}, and a job is tried in a container; install one, or name it with --engine")
    engine = Engine(found, tuple(options))
    # podman-docker answers `docker --version` with its own name.
    kind = "podman" if "podman" in engine.ask("--version").out.lower() else "docker"
    side = "{{.Client.Version}}" if kind == "podman" else "{{.Server.Version}}"
    version = engine.ask("version", "--format", side)
    if version.status:
        raise EngineError(f"{found} does not answer: {version.said or 'it says nothing'}; start it, or take --engine")
    return Engine(found, tuple(options), kind, version.out.strip()[:60])
