"""systemd's services: the unit that a timer starts -> user, directory, variables, limit and the text that its programs are.

By systemd.service(5) and systemd.exec(5). What of a unit no task has is said, each with its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from converters.findings.codes import Finding
from converters.findings.few import few
from converters.schedules.spans import parse_span
from converters.tables.exec_shell import is_split_by_shell, joined, quoted
from converters.tables.exec_words import Command, ExecError, commands, words_of
from converters.tables.units import Setting, Unit, expanded, is_true, specifiers

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STOP_SECONDS = 90.0
"""DefaultTimeoutStopSec= (systemd-system.conf(5)): between SIGTERM and SIGKILL."""


class Limit(NamedTuple):
    """How long a run may last, and after how many seconds more it is killed."""

    seconds: float
    kill_after: float


class EnvironmentFile(NamedTuple):
    """``optional``: its absence is no failure (``-``)."""

    path: str
    optional: bool
    where: str


@dataclass(frozen=True, slots=True)
class Service:
    """``fault`` says why systemd would not start it, or why nobody can say what it runs; then there is no command."""

    name: str
    command: str = ""
    user: str = "root"
    variables: Mapping[str, str] = field(default_factory=dict)
    files: tuple[EnvironmentFile, ...] = ()
    limit: Limit | None = None
    findings: tuple[Finding, ...] = ()
    fault: str = ""


# What a unit asks of its host and a task has in another way, or not at all; each with what is to be done.
_LEFT: Mapping[str, str] = {
    "Group": "a task runs as one `user: uid:gid` of ecs.yml",
    "SupplementaryGroups": "a task has no groups but that of its user",
    "DynamicUser": "no such user is made for a task; say `user:` in ecs.yml",
    "UMask": "a task begins with the umask of its image",
    "LimitNOFILE": "write `ulimits` into the task definition",
    "StateDirectory": "a task begins with an empty disk: EFS or S3 keeps what must stay",
    "LoadCredential": "read it as a secret of ecs.yml",
    "LoadCredentialEncrypted": "read it as a secret of ecs.yml",
    "SetCredential": "read it as a secret of ecs.yml",
    "PassEnvironment": "the variables of the service manager are not known here; write them into ecs.yml",
    "RootDirectory": "the image is its root",
    "RootImage": "the image is its root",
    "OnSuccess": "start the other job after this one (`after:`)",
    "ExecStop": "it is not carried: add it to the command",
    "ExecStopPost": "it runs after a failure too, and is not carried: add it to the command, as a trap",
    "SuccessExitStatus": "write `success:` into ecs.yml",
    "Restart": "a failed run is started again; write `retry:` into ecs.yml",
    "KillSignal": "a task is ended by SIGTERM",
}
_NOT_NEEDED: Mapping[str, str] = {
    "Nice": "nothing else runs in a task",
    "IOSchedulingClass": "nothing else runs in a task",
    "CPUSchedulingPolicy": "nothing else runs in a task",
    "MemoryMax": "`memory:` of ecs.yml is the limit of a task",
    "CPUQuota": "`cpu:` of ecs.yml is the limit of a task",
    "CacheDirectory": "a task begins with an empty disk",
    "RuntimeDirectory": "a task begins with an empty disk",
    "LogsDirectory": "a task's output goes to CloudWatch Logs",
    "OnFailure": "the alarm and the topic of the environment tell of failures",
}
_ASKED = re.compile(r"(?:Condition|Assert)[A-Z]\w*")
_KINDS = {
    "forking": "its program goes on in the background when the start has ended; a task ends with its first process",
    "dbus": "it serves a bus of the host, and does not end by itself",
    "notify": "it tells systemd that it is ready, and may not end by itself",
    "notify-reload": "it tells systemd that it is ready, and may not end by itself",
}


def service_of(
    unit: Unit,
    host: str | None = None,
    homes: Mapping[str, str] | None = None,
    is_secret: Callable[[str, str], bool] = lambda _name, _value: False,
) -> Service:
    """The service of a timer. ``host`` is its host's name, ``homes`` are the homes of its users, as far as they are known;
    the value of a variable that ``is_secret`` stands in no text."""
    reader = _Reader(unit, host, homes or {}, is_secret)
    try:
        return reader.service()
    except ExecError as error:
        return Service(unit.name, fault=str(error))


class _Reader:
    def __init__(
        self, unit: Unit, host: str | None, homes: Mapping[str, str], is_secret: Callable[[str, str], bool]
    ) -> None:
        self.unit, self.is_secret = unit, is_secret
        user = unit.value("Service", "User") or "root"
        self.known = specifiers(unit.name, host=host)
        self.user, _open = expanded(user, self.known)
        self.known = specifiers(unit.name, user=self.user, home=homes.get(self.user), host=host)
        self.unknown: dict[str, str] = {}
        self.is_oneshot = unit.value("Service", "Type") == "oneshot"

    def service(self) -> Service:
        variables = self._variables()
        files = tuple(self._files())
        found = self._commands()
        main = self.unit.listed("Service", "ExecStart")
        # A file of variables beats Environment=, so nothing is known for sure of a value then.
        known = {} if files else variables
        sure = {name: value for name, value in known.items() if not self.is_secret(name, value)}
        return Service(
            self.unit.name,
            joined(found, sure, self._directory()),
            self.user,
            variables,
            files,
            self._limit(),
            (*self._said(found, sure, files), *self._said_of_unknown(main)),
        )

    def _commands(self) -> list[Command]:
        found: list[Command] = []
        for key in ("ExecStartPre", "ExecStart", "ExecStartPost"):
            lines = self.unit.listed("Service", key)
            if key == "ExecStart" and not lines:
                raise ExecError(f"{self.unit.name} has no ExecStart=")
            if key == "ExecStart" and len(lines) > 1 and not self.is_oneshot:
                raise ExecError(
                    f"{lines[1].where}: several ExecStart= are for Type=oneshot only, so systemd refuses it"
                )
            for line in lines:
                try:
                    made = commands(line.value, self.known)
                except ExecError as error:
                    raise ExecError(f"{line.where}: {error}") from None
                for one in made:
                    self.unknown |= dict.fromkeys(one.unknown, line.where)
                found += made
        return found

    def _directory(self) -> str | None:
        setting = self.unit.last("Service", "WorkingDirectory")
        if setting is None:
            return None
        value = self._said_in(setting).lstrip("-")
        if value == "~":
            return quoted(self.known["h"]) if "h" in self.known else "~"
        return quoted(value)

    def _said_in(self, setting: Setting) -> str:
        value, unknown = expanded(setting.value, self.known)
        self.unknown |= dict.fromkeys(unknown, setting.where)
        return value

    def _variables(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for setting in self.unit.listed("Service", "Environment"):
            try:
                words = words_of(setting.value)
            except ExecError as error:
                raise ExecError(f"{setting.where}: {error}") from None
            for word in words:
                name, equals, value = word.partition("=")
                # What is no assignment systemd passes over with a warning.
                if equals and _NAME.fullmatch(name):
                    found[name], unknown = expanded(value, self.known)
                    self.unknown |= dict.fromkeys(unknown, setting.where)
        for setting in self.unit.listed("Service", "UnsetEnvironment"):
            for word in setting.value.split():
                found.pop(word.partition("=")[0], None)
        return found

    def _files(self) -> Iterator[EnvironmentFile]:
        for setting in self.unit.listed("Service", "EnvironmentFile"):
            value = self._said_in(setting)
            yield EnvironmentFile(value.removeprefix("-"), value.startswith("-"), setting.where)

    def _limit(self) -> Limit | None:
        """TimeoutStartSec= is the limit of a oneshot, and none by default; RuntimeMaxSec= that of any other service."""
        both = self.unit.last("Service", "TimeoutSec")
        key = "TimeoutStartSec" if self.is_oneshot else "RuntimeMaxSec"
        own = self.unit.last("Service", key) or (both if self.is_oneshot else None)
        seconds = parse_span(own.value) if own is not None else None
        stop = self.unit.last("Service", "TimeoutStopSec") or both
        kill = parse_span(stop.value) if stop is not None else None
        # 0 stands for infinity in all of them.
        return Limit(float(seconds), float(kill) if kill else _STOP_SECONDS) if seconds else None

    def _said(
        self, found: list[Command], sure: Mapping[str, str], files: tuple[EnvironmentFile, ...]
    ) -> Iterator[Finding]:
        for file in files:
            may = " where it is there" if file.optional else ""
            yield Finding(
                "C452",
                f"systemd reads variables from `{file.path}`{may} ({file.where}): the task needs them as environment.",
            )
        if privileged := [one for one in found if one.privileged]:
            name = "".join(piece.text for piece in privileged[0].words[0])
            yield Finding("C141", f"`{name}` runs as root, whoever the unit's user is (`+` or `!` before it)")
        if names := is_split_by_shell(found, sure):
            shown = few([f"${name}" for name in names], 3)
            yield Finding(
                "C141", f"{shown}: a shell looks for files by the words of its value too; systemd only splits it"
            )
        start = self.unit.last("Service", "WorkingDirectory")
        if start is not None and start.value.startswith("-"):
            yield Finding(
                "C141",
                f"WorkingDirectory={start.value} ({start.where}): where it is missing, systemd starts the program in `/`; the "
                "task fails",
            )
        yield from self._said_of_kind()
        yield from self._said_of_left()

    def _said_of_kind(self) -> Iterator[Finding]:
        kind = self.unit.last("Service", "Type")
        if kind is not None and kind.value in _KINDS:
            yield Finding("C142", f"Type={kind.value} ({kind.where}): {_KINDS[kind.value]}")
        stays = self.unit.last("Service", "RemainAfterExit")
        if stays is not None and is_true(stays.value):
            yield Finding(
                "C143",
                f"RemainAfterExit={stays.value} ({stays.where}): the unit stays active after its run, so its timer starts it "
                "once after each boot and never again; on AWS each start runs it",
            )

    def _said_of_left(self) -> Iterator[Finding]:
        for one in self.unit.all():
            if one.value in ("", "no") or one.section not in ("Unit", "Service"):
                continue
            if one.key in _LEFT:
                yield Finding("C141", f"{one.key}={_short(one.value)} ({one.where}): {_LEFT[one.key]}")
            elif one.key in _NOT_NEEDED:
                yield Finding("C145", f"{one.key}={_short(one.value)} ({one.where}): {_NOT_NEEDED[one.key]}")
            elif (one.section == "Unit" and _ASKED.fullmatch(one.key)) or one.key == "ExecCondition":
                yield Finding(
                    "C144",
                    f"{one.key}={_short(one.value)} ({one.where}): where that does not hold, systemd starts nothing",
                )

    def _said_of_unknown(self, main: tuple[Setting, ...]) -> Iterator[Finding]:
        for mark, where in self.unknown.items():
            yield Finding("C140", f"`{mark}` ({where or main[0].where}): what it stands for, only the host knows")


def _short(value: str) -> str:
    return value if len(value) <= 80 else value[:79] + "…"
