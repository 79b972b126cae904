"""What variables tell an application: `DB_HOST=localhost`, `REDIS_URL=redis://127.0.0.1:6379` go along into the container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from converters.commands.shell.program_names import SHELLS, known_as
from converters.programs.catalogue import program
from converters.worlds.collecting import LOCAL
from converters.worlds.need import Need

# Names by which frameworks tell where a service is (Laravel's and Rails' guides, 12factor.net "Backing services").
_PLACES = re.compile(r"(?:HOST|HOSTNAME|HOSTS|SERVER|SERVERS|ADDR|ADDRESS|URL|URI|DSN|ENDPOINT|BROKERS?)$", re.I)
# Where something itself listens or calls itself is no question to another: BIND_ADDRESS, LISTEN_HOST, MAIL_FROM.
_OWN = re.compile(r"BIND|LISTEN|NO_?PROXY|^HOST(?:NAME)?$|^SERVER_NAME$", re.I)
_LOCAL_SOMEWHERE = re.compile(r"localhost|127\.|::1|0\.0\.0\.0|host\.docker", re.I)
# Clients have the variables that they read in their own entries (`service`), and tools of files, text and hosts read none.
_APPLICATIONS = frozenset({"languages", "builds", ""})


def reads_variables(name: str) -> bool:
    """Whether a program is, or runs, an application with settings of its own."""
    known = known_as(name)
    found = program(known)
    return known not in SHELLS and (found is None or found.family in _APPLICATIONS)


def told_by_variables(variables: Mapping[str, str]) -> Iterator[Need]:
    """The services of this machine that variables name. A URL says it under any name."""
    for name, value in variables.items():
        if not _LOCAL_SOMEWHERE.search(
            value
        ):  # a table's variables are looked at once a job, and few name this machine
            continue
        host, port = _place(value)
        if host and LOCAL.match(host) and not _OWN.search(name) and ("://" in value or _PLACES.search(name)):
            yield Need("service", f"{host}:{port}" if port else host, "asks", 0, 0, f"${name}")


def _place(value: str) -> tuple[str, str]:
    if "://" not in value:
        host, _, port = value.partition(":")
        return (host, port) if port.isdecimal() or not port else ("", "")
    try:
        parts = urlsplit(value)
        return parts.hostname or "", str(parts.port or "")
    except ValueError:  # `http://[::1/x`, `http://h:port/`
        return "", ""
