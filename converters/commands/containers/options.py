"""The options of container engines, as data: which take a value, and what each one means to a task.

Sources: `docker run --help` and `docker exec --help` of Docker 28.2, `podman run --help` of Podman 4.3, docker-compose 1.29
(compose/cli/main.py), and docs.docker.com's reference of `docker compose run` and `exec` for version 2. What Fargate does
not take: docs "Task definition differences for Fargate".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Option(NamedTuple):
    """One option. ``names`` are all its spellings, ``valued`` says that a value follows, ``means`` is one of the words below,
    ``says`` what is to be told of it where it has no counterpart."""

    names: tuple[str, ...]
    valued: bool
    means: str
    says: str = ""


# What an option means:
# taken over   env, env-file, user, workdir, entrypoint, memory, cpus, shares, platform, arch, init, name, rm, zone, limit
# to be told   volume, mount, tmpfs, volumes-from, network, link, tty, interactive, detach, restart
# stays        only a host has it, and the job is about it
# lost         a task has no counterpart, and the job may miss it
# idle         a task has no use for it, and the job misses nothing
def _options(means: str, valued: str = "", flags: str = "", says: str = "") -> tuple[Option, ...]:
    """Options of one meaning: each word is an option, its spellings joined by a bar."""
    return (
        *(Option(tuple(word.split("|")), True, means, says) for word in valued.split()),
        *(Option(tuple(word.split("|")), False, means, says) for word in flags.split()),
    )


_RESTRICTS = "it only restricts the container; a task does the same work without it"
_ADDRESSES = "a task has the name server and the names of its VPC, and no /etc/hosts of its own"
_NAMES = "a task has a name and an address of its own"

RUN: tuple[Option, ...] = (
    *_options("env", "-e|--env"),
    *_options("env-file", "--env-file"),
    *_options("user", "-u|--user"),
    *_options("workdir", "-w|--workdir"),
    *_options("entrypoint", "--entrypoint"),
    *_options("memory", "-m|--memory"),
    *_options("cpus", "--cpus"),
    *_options("platform", "--platform"),
    *_options("arch", "--arch"),
    *_options("init", flags="--init"),
    *_options("name", "--name"),
    *_options("rm", flags="--rm --replace"),
    *_options("zone", "--tz"),
    *_options("limit", "--timeout"),
    *_options("volume", "-v|--volume"),
    *_options("mount", "--mount"),
    *_options("tmpfs", "--tmpfs"),
    *_options("volumes-from", "--volumes-from"),
    *_options("network", "--network|--net"),
    *_options("link", "--link"),
    *_options("tty", flags="-t|--tty"),
    *_options("interactive", flags="-i|--interactive"),
    *_options("detach", flags="-d|--detach"),
    *_options("restart", "--restart"),
    # docs "Task definition differences": privileged, devices and gpu are not valid on Fargate; pidMode is `task` only.
    *_options(
        "stays", "--device --device-cgroup-rule --gpus --cgroup-parent", "--privileged --use-api-socket --rootfs"
    ),
    *_options("namespace", "--pid --ipc --uts --userns --cgroupns --cgroups"),
    # capabilities.add knows SYS_PTRACE and nothing else on Fargate.
    *_options("capability", "--cap-add", says="Fargate adds no capability to a container but SYS_PTRACE"),
    *_options("lost", "--shm-size", says="shared memory of a Fargate task cannot be made larger than its 64 MiB"),
    *_options("lost", "--add-host --dns --dns-search --dns-option|--dns-opt", says=_ADDRESSES),
    *_options("lost", "--volume-driver --pod --pod-id-file --requires", says="a task knows nothing of it"),
    *_options("idle", flags="--http-proxy"),
    *_options("lost", "--secret", says="the task must be given it as a secret or a variable"),
    *_options("lost", "--env-merge --unsetenv", flags="--env-host --unsetenv-all", says="name each variable with -e"),
    *_options("idle", "--sysctl --runtime --isolation", says="Fargate has settings of its own"),
    *_options("idle", "--ulimit", says="of Fargate's limits only nofile can be set, and it is 65535 there"),
    *_options("idle", "--cap-drop --security-opt --seccomp-policy --pids-limit", "--read-only", _RESTRICTS),
    *_options(
        "idle", "--memory-swap --memory-reservation --memory-swappiness --kernel-memory", says="no swap on Fargate"
    ),
    *_options("idle", "--stop-signal --stop-timeout", says="ECS sends SIGTERM, and SIGKILL 30 s later"),
    *_options("idle", "-p|--publish --expose", "-P|--publish-all", "nobody calls a job by a port"),
    *_options("idle", "-h|--hostname --domainname --network-alias|--net-alias --ip --ip6 --link-local-ip", says=_NAMES),
    *_options("idle", "--mac-address", says=_NAMES),
    *_options("idle", "--log-driver --log-opt", says="its output goes to CloudWatch Logs"),
    *_options("idle", "--pull", "-q|--quiet", "ECS pulls the image at each start"),
    *_options("idle", "--umask --group-add --passwd-entry --hostuser", says="a task has no such setting"),
    *_options("idle", "--health-cmd --health-interval --health-retries --health-start-interval --health-timeout"),
    *_options("idle", "--health-start-period --health-on-failure", "--no-healthcheck"),
    *_options("idle", "-l|--label --label-file --annotation --cidfile --pidfile --conmon-pidfile -a|--attach"),
    *_options("idle", "-c|--cpu-shares --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpuset-cpus"),
    *_options("idle", "--cpuset-mems --cpu-count --cpu-percent --io-maxbandwidth --io-maxiops --storage-opt"),
    *_options("idle", "--blkio-weight --blkio-weight-device --device-read-bps --device-read-iops --device-write-bps"),
    *_options("idle", "--device-write-iops --oom-score-adj --detach-keys --authfile --cgroup-conf --chrootdirs"),
    *_options("idle", "--gidmap --uidmap --subgidname --subuidname --image-volume --init-path --os --variant"),
    *_options("idle", "--personality --preserve-fds --sdnotify --systemd"),
    *_options("idle", flags="--disable-content-trust --oom-kill-disable --sig-proxy --no-hosts --passwd"),
    *_options("idle", flags="--read-only-tmpfs --rmi --tls-verify --help"),
)
EXEC: tuple[Option, ...] = (
    *_options("env", "-e|--env"),
    *_options("env-file", "--env-file"),
    *_options("user", "-u|--user"),
    *_options("workdir", "-w|--workdir"),
    *_options("tty", flags="-t|--tty"),
    *_options("interactive", flags="-i|--interactive"),
    *_options("detach", flags="-d|--detach"),
    *_options("stays", flags="--privileged"),
    *_options("idle", "--detach-keys --preserve-fds"),
)
COMPOSE_RUN: tuple[Option, ...] = (
    *_options("env", "-e|--env"),
    *_options("env-file", "--env-from-file"),
    *_options("user", "-u|--user"),
    *_options("workdir", "-w|--workdir"),
    *_options("entrypoint", "--entrypoint"),
    *_options("name", "--name"),
    *_options("rm", flags="--rm"),
    *_options("volume", "-v|--volume"),
    *_options("no tty", flags="-T|--no-TTY|--no-tty"),
    *_options("interactive", flags="-i|--interactive"),
    *_options("detach", flags="-d|--detach"),
    *_options("no deps", flags="--no-deps"),
    *_options("capability", "--cap-add", says="Fargate adds no capability to a container but SYS_PTRACE"),
    *_options("idle", "-l|--label --cap-drop -p|--publish --pull"),
    *_options("idle", flags="--service-ports --use-aliases -P --build --quiet-pull --quiet-build -q|--quiet"),
    *_options("idle", flags="--remove-orphans"),
)
COMPOSE_EXEC: tuple[Option, ...] = (
    *_options("env", "-e|--env"),
    *_options("user", "-u|--user"),
    *_options("workdir", "-w|--workdir"),
    *_options("no tty", flags="-T|--no-TTY|--no-tty"),
    *_options("tty", flags="-t|--tty"),
    *_options("interactive", flags="-i|--interactive"),
    *_options("detach", flags="-d|--detach"),
    *_options("stays", flags="--privileged"),
    *_options("idle", "--index"),
)
ENGINE: tuple[Option, ...] = (
    *_options("elsewhere", "-H|--host -c|--context|--connection --url"),
    *_options("elsewhere", flags="-r|--remote"),
    *_options(
        "idle", "--config -l|--log-level --tlscacert --tlscert --tlskey --cgroup-manager --root --runroot --tmpdir"
    ),
    *_options("idle", "--storage-driver --storage-opt --runtime --events-backend --identity --namespace|-n --conmon"),
    *_options("idle", flags="-D|--debug --tls --tlsverify --syslog --noout"),
)
COMPOSE: tuple[Option, ...] = (
    *_options("file", "-f|--file"),
    *_options("project", "-p|--project-name"),
    *_options("directory", "--project-directory"),
    *_options("variables", "--env-file"),
    *_options("elsewhere", "-H|--host -c|--context"),
    *_options("idle", "--profile --log-level --ansi --parallel --progress --tlscacert --tlscert --tlskey"),
    *_options(
        "idle", flags="--verbose --no-ansi --tls --tlsverify --skip-hostname-check --compatibility --all-resources"
    ),
)

Known = Mapping[str, Option]


def by_name(options: tuple[Option, ...]) -> Known:
    """Every spelling -> its option."""
    return {name: option for option in options for name in option.names}


class Tool(NamedTuple):
    """A program that starts containers. ``compose`` says that it is compose by itself; ``terminal`` is what it does where
    ``-t`` asks for a terminal and there is none: ``fails`` or ``goes on``."""

    compose: bool
    terminal: str


# docker/cli, cli/command/in.go (CheckTty): "the input device is not a TTY", where stdin is attached too (-i). Podman 4.3
# only warns of it (cmd/podman/containers/run.go); nerdctl takes its standard input for a console and ends.
TOOLS: Mapping[str, Tool] = {
    "docker": Tool(False, "fails"),
    "podman": Tool(False, "goes on"),
    "nerdctl": Tool(False, "fails"),
    "docker-compose": Tool(True, "fails"),
    "podman-compose": Tool(True, "goes on"),
}
