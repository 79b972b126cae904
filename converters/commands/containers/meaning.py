"""A call of a container engine -> what it means: the container as data, its variables, user and directory."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from converters.commands.containers import values
from converters.commands.containers.compose import Unread, service_of
from converters.commands.containers.names import ended_before, removed
from converters.commands.containers.reading import Given, Invocation, container_asked_for
from converters.commands.containers.wish import Compose, Container, Mount, Told
from converters.commands.idioms.peeling import Kept
from converters.commands.shell.words import Word
from converters.tables.images import image as image_name

NO_TEXTS: Mapping[str, str] = MappingProxyType({})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# The directory of the call, however it is asked for.
_HERE = frozenset({"$(pwd)", "`pwd`", "$(pwd -P)"})
_CLOCK = frozenset({"/etc/localtime", "/etc/timezone"})
# Docker's own networks: the container has an address, and knows nobody by name.
_NOBODY = frozenset({"bridge", "default", "none", "slirp4netns", "pasta", "private"})
_OWN_REGISTRY = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?/")
# What the engine takes from cron's environment has cron's values: of HOME and PATH a container has its image's.
_CRONS = frozenset({"HOME", "PATH", "SHELL", "LOGNAME", "USER"})
_SAYS_SO = {
    "--gpus": "asks for a graphics processor, which Fargate does not have",
    "--rootfs": "runs a directory of this host as its image",
    "--use-api-socket": "gives the container the engine of this host",
}


@dataclass
class Meaning:
    """What a call means, while it is put together. ``variables`` are those that the shell of the host knows."""

    call: Invocation
    variables: Mapping[str, str]
    image: str | None = None
    name: str = ""
    entry: list[str] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)
    user: str | None = None
    directory: str | None = None
    memory: int | None = None
    cpu: int | None = None
    architecture: str | None = None
    seconds: float | None = None
    locked_by: str | None = None
    files: list[str] = field(default_factory=list)
    mounts: list[Mount] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    idle: dict[str, str] = field(default_factory=dict)
    compose: Compose | None = None
    command: tuple[str, ...] | None = None
    unread: str = ""

    def tell(self, kind: str, subject: str, sentence: str) -> None:
        self.told.append(Told(kind, subject, sentence))

    def known(self, word: Word) -> str | None:
        """A word's value by what the host's shell knows; the directory of the call counts as known."""
        here = self.variables.get("PWD")
        parts = tuple(
            ("quoted variable", "PWD") if here and kind == "other" and content.strip('"') in _HERE else (kind, content)
            for kind, content in word.parts
        )
        return word._replace(parts=parts).resolve(self.variables)

    def text(self, word: Word) -> str:
        """The value, else the word as it was written."""
        value = self.known(word)
        return value if value is not None else word.text.strip("\"'")

    def container(self, beside: str = "") -> Container:
        call = self.call
        return Container(
            call=call.said,
            running=call.verb == "exec",
            name=self.name,
            image=self.image,
            entry=self.entry is not None,
            memory=self.memory,
            cpu=self.cpu,
            architecture=self.architecture,
            init=any(one.option.means == "init" for one in call.options),
            files=tuple(self.files),
            mounts=tuple(self.mounts),
            told=tuple(self.told),
            idle=tuple(self.idle.items()),
            beside=beside,
            host_network=any(one.option.means == "network" and self.text_of(one) == "host" for one in call.options),
            zone=any(one.source in _CLOCK for one in self.mounts),
            compose=self.compose,
            unread=self.unread,
        )

    def text_of(self, one: Given) -> str:
        return self.text(one.value) if one.value is not None else ""


def meaning_of(
    call: Invocation,
    variables: Mapping[str, str],
    directory: str | None,
    texts: Mapping[str, str] = NO_TEXTS,
    around: tuple[str, str] = ("", ""),
) -> Meaning:
    """What the call means. ``variables`` are known where it stands, ``directory`` is where it is called, ``texts`` are compose
    files that were read, by path, ``around`` the text in front of the call and behind it. Raises `Kept`."""
    known = {**variables, "PWD": directory} if directory else dict(variables)
    found = Meaning(call, known)
    for one in call.before:
        if one.option.means == "elsewhere":
            where = found.text_of(one) or "another machine"
            found.tell("option", one.name, f"`{one.name} {where}` starts it by the engine of another machine.")
    _place(found, directory)
    if found.compose is not None:
        _of_service(found, found.compose, texts)
    for one in call.options:
        _RULES.get(one.option.means, _nothing)(found, one)
    _terminal(found)
    _stays_on(found)
    if found.locked_by is not None and (ended := ended_before(found.locked_by, around[0])):
        found.tell("beside", ended, f"`{ended}` ended a run that was still at work; ECS lets both run.")
        found.locked_by = None
    kept = found.locked_by is not None and not call.given("rm") and call.verb == "run"
    if kept and not removed(found.locked_by, around):
        message = f"`--name {found.locked_by}` without `--rm`: the container of the first run keeps the name, and"
        found.tell("terminal", "--name", f"{message} the engine refuses every run after it.")
        found.locked_by = None
    return found


def _place(found: Meaning, directory: str | None) -> None:
    """The image of ``run``, the container of ``exec``, the service of compose."""
    call = found.call
    value = found.known(call.place)
    asked = container_asked_for(call.place)
    if call.compose:
        if value is None:
            raise Kept("its service is known only when it runs")
        found.name = value
        found.compose = _compose(found, value, directory)
    elif call.verb == "exec":
        found.name = asked[0] if asked else value or call.place.text.strip("\"'")
    elif value is None:
        found.tell("expansion", call.place.text, f"Which image it is, the host's shell fills in: `{call.place.text}`.")
    else:
        _image(found, value)


def _image(found: Meaning, value: str) -> None:
    value = value.removeprefix("docker://").removeprefix("docker.io/library/")
    try:
        found.image = image_name(value)
    except ValueError:
        raise Kept(f"`{value}` is no name of an image") from None
    if _OWN_REGISTRY.match(value):
        found.tell("image", value, f"`{value}` lies in a registry of this host, which no task reaches.")
    elif re.fullmatch(r"(?:sha256:)?[0-9a-f]{12,64}", value):
        found.image = None
        found.tell("image", value, f"`{value}` is the id of an image on this host, which no registry knows.")


def _compose(found: Meaning, service: str, directory: str | None) -> Compose:
    def given(means: str) -> list[str]:
        return [found.text_of(one) for one in found.call.before if one.option.means == means]

    files = given("file") or [one for one in found.variables.get("COMPOSE_FILE", "").split(":") if one]
    root, own = given("directory"), given("variables")
    return Compose(service, tuple(files), directory, root[-1] if root else None, own[-1] if own else None)


def _of_service(found: Meaning, compose: Compose, texts: Mapping[str, str]) -> None:
    """What the compose file says of the service, as if its options stood in the line, before those that do."""
    try:
        service = service_of(compose, texts, found.variables)
    except Unread as reason:
        found.unread = str(reason)
        return
    found.unread = ""
    if service.image is not None:
        _image(found, service.image)
    if service.built:
        what = service.image or compose.service
        found.tell("image", what, f"The image of `{what}` is built on this host, by its compose file.")
    for one in service.options:
        _RULES.get(one.option.means, _nothing)(found, one)
    if found.call.verb == "run":
        found.entry = list(service.entry) if service.entry is not None else None
        found.command = service.command
    if service.calls:
        names = ", ".join(f"`{one}`" for one in service.calls)
        found.tell("network", service.calls[0], f"It calls other services of its compose file by name: {names}.")


def _terminal(found: Meaning) -> None:
    """``-t`` without a terminal: what the tool does then."""
    call = found.call
    detached, tty = call.given("detach"), call.given("tty")
    if detached or call.tool.terminal != "fails":
        return
    if not call.compose and tty and call.given("interactive"):
        # docker/cli, cli/command/in.go: only where stdin is attached is it looked at.
        sentence = f'`{call.said} -it` wants a terminal, and cron has none: "the input device is not a TTY". '
        found.tell("terminal", call.said, sentence + "It has never run as it stands; ecs.yml has it without.")
    elif call.tool.compose and call.verb == "exec" and not call.given("no tty"):
        # compose 1.29, exec_command: a terminal unless -T, by docker's own exec; version 2 looks whether there is one.
        sentence = (
            f"`{call.said}` of version 1 wants a terminal unless `-T` stands there: under cron it has never run. "
        )
        found.tell("terminal", call.said, sentence + "Version 2 asks for none.")


def _stays_on(found: Meaning) -> None:
    """A container that is started and left alone: a job that takes its time, or a service."""
    call = found.call
    restarts = [found.text_of(one) for one in call.given("restart")]
    for_ever = any(one.startswith(("always", "unless-stopped")) for one in restarts)
    if for_ever or (call.given("detach") and not call.command and not call.given("entrypoint")):
        how = f"--restart {restarts[-1]}" if for_ever else "-d"
        found.tell("lives on", call.said, f"`{call.said} {how}` starts a container that lives on by itself.")
    elif call.given("detach"):
        found.idle["-d"] = "the task lasts as long as its work does"


# --- one rule for each meaning ---------------------------------------------------------------------------------------


def _nothing(found: Meaning, one: Given) -> None:
    found.idle.setdefault(one.name, one.option.says)


def _env(found: Meaning, one: Given) -> None:
    if one.value is None:
        return
    value = found.known(one.value)
    written = value if value is not None else found.text(one.value)
    name, equals, given = written.partition("=")
    if not _NAME.fullmatch(name):
        raise Kept(f"`{one.value.text}` is no variable")
    if value is None and equals:
        found.tell("expansion", name, f"`{name}` is filled in by the host's shell at each start: `{given}`.")
    elif equals:
        found.environment[name] = given
    elif name in found.variables and name not in _CRONS:
        # `-e A` without a value takes it from the environment of the call, where it is one.
        found.environment[name] = found.variables[name]
    elif name not in found.variables:
        found.unset.append(name)


def _env_file(found: Meaning, one: Given) -> None:
    path, here = found.text_of(one), found.variables.get("PWD")
    # It is read where the call stands, and that directory is told nowhere else.
    beside = here is not None and re.match(r"[/~$`]", path) is None
    found.files.append(posixpath.normpath(posixpath.join(here or "", path)) if beside else path)


def _user(found: Meaning, one: Given) -> None:
    value = found.known(one.value) if one.value is not None else None
    if value is None and one.value is not None:
        found.tell("expansion", "user", f"The container's user is filled in by the host's shell: `{one.value.text}`.")
    found.user = value or None


def _workdir(found: Meaning, one: Given) -> None:
    value = found.text_of(one)
    found.directory = value if value.startswith("/") else None
    if found.directory is None:
        found.tell("expansion", "directory", f"The container's directory is filled in by the host's shell: `{value}`.")


def _entrypoint(found: Meaning, one: Given) -> None:
    value = found.text_of(one)
    # podman takes a JSON list too (podman-run(1)); compose 2 splits words, docker does not.
    found.entry = value.split() if found.call.compose else [value] if value else []


def _memory(found: Meaning, one: Given) -> None:
    found.memory = _size(found, one, values.mebibytes)


def _cpus(found: Meaning, one: Given) -> None:
    found.cpu = _size(found, one, values.cpu_units)


def _size(found: Meaning, one: Given, read: Callable[[str], int | None]) -> int | None:
    value = found.text_of(one)
    size = read(value)
    if size is None:
        found.tell("option", one.name, f"`{one.name} {value}` is no size that a Fargate task can have.")
    return size


def _platform(found: Meaning, one: Given) -> None:
    value = found.text_of(one)
    found.architecture = values.architecture(value)
    if found.architecture is None:
        found.tell("privilege", one.name, f"`{one.name} {value}`: Fargate has X86_64 and ARM64 and no other processor.")


def _limit(found: Meaning, one: Given) -> None:
    value = found.text_of(one)
    found.seconds = float(value) if value.isdecimal() and int(value) else None


def _zone(found: Meaning, one: Given) -> None:
    value = found.text_of(one)
    if value == "local":
        found.mounts.append(Mount("/etc/localtime", "/etc/localtime", "reads"))
    else:
        found.environment.setdefault("TZ", value)


def _volume(found: Meaning, one: Given) -> None:
    read = values.mount if one.option.means == "mount" else values.volume
    mount = read(found.text_of(one))
    if mount.source.startswith(".") and found.variables.get("PWD"):
        mount = mount._replace(source=posixpath.normpath(posixpath.join(found.variables["PWD"], mount.source)))
    found.mounts.append(mount)


def _tmpfs(found: Meaning, one: Given) -> None:
    found.mounts.append(Mount("", found.text_of(one).partition(":")[0]))


def _volumes_from(found: Meaning, one: Given) -> None:
    value = found.text_of(one).partition(":")[0]
    found.tell("volume", value, f"`--volumes-from {value}` gives it the volumes of the container `{value}`.")


def _network(found: Meaning, one: Given) -> None:
    value = found.text_of(one)
    kind, _, other = value.partition(":")
    if value == "host" or kind in _NOBODY:
        return
    if kind in ("container", "service"):
        found.tell("network", other, f"`{one.name} {value}`: its localhost is that of the container `{other}`.")
    else:
        name = re.sub(r"^name=([^,]+).*", r"\1", value)
        found.tell("network", name, f"It runs in the network `{name}`, where it calls other containers by their names.")


def _link(found: Meaning, one: Given) -> None:
    other, _, alias = found.text_of(one).partition(":")
    found.tell("network", other, f"It calls the container `{other}` by the name `{alias or other}`.")


def _name(found: Meaning, one: Given) -> None:
    if one.value is not None:
        found.locked_by = found.known(one.value)


def _stays(found: Meaning, one: Given) -> None:
    value = f" {found.text_of(one)}" if one.value is not None else ""
    why = _SAYS_SO.get(one.name, "gives the container a part of this host that no task has")
    found.tell("privilege", one.name, f"`{one.name}{value}` {why}.")


def _namespace(found: Meaning, one: Given) -> None:
    value = found.text_of(one)
    if value == "host" and one.name in ("--pid", "--ipc", "--cgroupns"):
        found.tell("privilege", one.name, f"`{one.name} host` lets it see the processes of this host.")
    elif value.startswith("container:"):
        found.tell("privilege", one.name, f"`{one.name} {value}` puts it beside the processes of another container.")
    else:
        found.idle.setdefault(one.name, "")


def _capability(found: Meaning, one: Given) -> None:
    value = found.text_of(one).upper().removeprefix("CAP_")
    if value != "SYS_PTRACE":
        found.tell("option", one.name, f"`{one.name} {value}`: {one.option.says}.")


def _lost(found: Meaning, one: Given) -> None:
    value = f" {found.text_of(one)}" if one.value is not None else ""
    found.tell("option", one.name, f"`{one.name}{value}`: {one.option.says}.")


def _shared(found: Meaning, one: Given) -> None:
    """Taken up where all options are known."""


_RULES = {
    "env": _env,
    "env-file": _env_file,
    "user": _user,
    "workdir": _workdir,
    "entrypoint": _entrypoint,
    "memory": _memory,
    "cpus": _cpus,
    "platform": _platform,
    "arch": _platform,
    "limit": _limit,
    "zone": _zone,
    "volume": _volume,
    "mount": _volume,
    "tmpfs": _tmpfs,
    "volumes-from": _volumes_from,
    "network": _network,
    "link": _link,
    "name": _name,
    "stays": _stays,
    "namespace": _namespace,
    "capability": _capability,
    "lost": _lost,
    **dict.fromkeys(("tty", "no tty", "interactive", "detach", "restart", "rm", "init", "no deps"), _shared),
}
