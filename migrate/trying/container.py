"""A container of an ecs.yml as words for an engine: what ECS hands to its own, and nothing of this machine."""

from __future__ import annotations

import csv
import io
import json
import re
import resource
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.trying.engine import Engine, EngineError

if TYPE_CHECKING:
    from converters.specs.model import Container, Spec

NOFILE = 65535
"""Fargate's limit of open files, soft and hard (docs "TaskDefinition", ulimits)."""
# These steer the engine's own client, so they are not handed over by its environment.
_STEERS = re.compile(
    r"(?i)(PATH|HOME|USER|SHELL|TMPDIR|LANG|LC_.*|LD_.*|XDG_.*|CONTAINERS?_.*|REGISTRY_.*|STORAGE_.*|DOCKER_.*|BUILDAH_.*"
    r"|PODMAN_.*|DBUS_.*|NOTIFY_SOCKET|LISTEN_.*|GO.*|SSL_.*|.*_PROXY|_.*)\Z"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# A network of the host is the live host: its localhost answers, its data are there.
_HOSTS = re.compile(r"(host|ns:.*|container:.*)\Z")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to run one container. ``values`` are those of its `secrets:`; ``network`` empty: none. ``limited``: hold it to the
    memory and CPU of its task."""

    spec: Spec
    container: Container
    values: Mapping[str, str]
    network: str = ""
    limited: bool = True
    entry_point: Sequence[str] | None = None
    command: Sequence[str] | None = None


def checked_network(network: str | None) -> str:
    """The network that was asked for; EngineError for one that is the host's."""
    if network and _HOSTS.match(network):
        raise EngineError(
            f"--network {network}: a job is never tried on this host's own network, where its live services answer; "
            "name a network of the engine, such as bridge"
        )
    return "" if network in (None, "none") else str(network)


def create_words(engine: Engine, wanted: Wanted, name: str) -> tuple[list[str], dict[str, str]]:
    """The words of `create`, and the environment that its client must have for the secrets."""
    container, words = wanted.container, ["create", f"--name={name}", "--label=cron2fargate.try=1"]
    words += ["--pull=never", "--log-driver=none", f"--network={wanted.network or 'none'}"]
    if engine.kind == "podman":
        # podman hands the proxies of this machine to its containers; ECS does not.
        words += ["--http-proxy=false"]
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] in (resource.RLIM_INFINITY, *range(NOFILE, NOFILE + 1)) or (
        resource.getrlimit(resource.RLIMIT_NOFILE)[1] > NOFILE
    ):
        words += [f"--ulimit=nofile={NOFILE}:{NOFILE}"]
    words += list(_limits(wanted)) if wanted.limited else []
    if container.working_directory:
        words += [f"--workdir={container.working_directory}"]
    if container.user:
        words += [f"--user={container.user}"]
    if container.linux_parameters and container.linux_parameters.init_process_enabled:
        words += ["--init"]
    if container.readonly_root_filesystem:
        words += ["--read-only"]
    words += [f"--ulimit={one.name}={one.soft_limit}:{one.hard_limit}" for one in container.ulimits]
    words += list(_mounts(wanted))
    given, environment = _variables(wanted)
    words += given
    return [*words, *_start(engine, wanted)], environment


def _limits(wanted: Wanted) -> Iterator[str]:
    size = wanted.spec.size(wanted.spec.architecture or "X86_64")
    memory = wanted.container.memory
    # ECS gives no swap on Fargate; a limit of both that is the memory's own leaves none.
    yield f"--memory={memory}m"
    yield f"--memory-swap={memory}m"
    yield f"--cpus={size.cpu / 1024:g}"
    yield f"--cpu-shares={max(2, wanted.container.cpu)}"


def _mounts(wanted: Wanted) -> Iterator[str]:
    """EFS has no stand-in but an empty volume, which goes with the container."""
    for mount in wanted.container.mount_points:
        row = ["type=volume", f"target={mount.path}", *(["readonly"] if mount.read_only else [])]
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(row)
        yield f"--mount={out.getvalue()}"


def _variables(wanted: Wanted) -> tuple[list[str], dict[str, str]]:
    """Secrets go by the client's environment, so that no list of processes shows them, where their name allows it."""
    words, environment = ["--env=AWS_EXECUTION_ENV=AWS_ECS_FARGATE"], {}
    for name, value in wanted.container.environment.items():
        words.append(f"--env={name}={value}")
    # ECS reads `environmentFiles` in S3; here --env-file stands for them, and `environment` goes before both.
    more = {name: value for name, value in wanted.values.items() if wanted.container.environment_files}
    names = [*wanted.container.secrets, *(name for name in more if name not in wanted.container.environment)]
    for name in dict.fromkeys(names):
        value = wanted.values.get(name, placeholder(name))
        if _NAME.match(name) and not _STEERS.match(name):
            words.append(f"--env={name}")
            environment[name] = value
        else:
            words.append(f"--env={name}={value}")
    return words, environment


def placeholder(name: str) -> str:
    """The value of a secret that nobody gave."""
    return f"placeholder-of-{name}"


def _start(engine: Engine, wanted: Wanted) -> list[str]:
    """`--entrypoint`, the image, the command. An empty list is none: ECS cannot tell them apart."""
    entry = list(wanted.entry_point if wanted.entry_point is not None else wanted.container.entry_point or ())
    command = list(wanted.command if wanted.command is not None else wanted.container.command or ())
    # `--`: an image or a command may begin with a dash.
    after = ["--", wanted.container.image]
    if not entry:
        return [*after, *command]
    # docker takes one word and no list; what follows goes before the command, which comes to the same.
    if engine.kind == "docker":
        return [f"--entrypoint={entry[0]}", *after, *entry[1:], *command]
    return [f"--entrypoint={json.dumps(entry, ensure_ascii=False)}", *after, *command]


def host_mounts(state: Mapping[str, object]) -> list[str]:
    """Directories of this machine that the engine's own configuration puts into each container."""
    mounts = state.get("Mounts")
    found = [one for one in mounts if isinstance(one, dict)] if isinstance(mounts, list) else []
    return [str(one.get("Source")) for one in found if one.get("Type") not in ("volume", "tmpfs")]
