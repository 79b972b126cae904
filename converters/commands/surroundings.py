"""What cron set up around a command, and what of it the container is given: variables, PATH, the directory it starts in.

cron gives a job a handful of names (LOGNAME, HOME, SHELL, PATH) and the table's own; a task has its image's. So a name that
the text reads is written into ecs.yml, the table's PATH goes along where a bare word has to be found by it, and what cron
never understood is told: its values are plain text (crontab(5): "not parsed for environmental substitutions").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from converters.findings.codes import Finding

# What speaks to cron itself, or names the host, stays behind.
NOT_CARRIED = frozenset(
    {
        "MAILTO",
        "MAILFROM",
        "CONTENT_TYPE",
        "CONTENT_TRANSFER_ENCODING",
        "SHELL",
        "HOME",
        "PATH",
        "LOGNAME",
        "USER",
        "CRON_TZ",
        "RANDOM_DELAY",
        "MLS_LEVEL",
    }
)
_STANDARD_PATH = frozenset(f"{root}/{name}" for root in ("", "/usr", "/usr/local") for name in ("bin", "sbin"))
# Programs that stand in /bin or /usr/bin of every image that has them (Debian's essential packages): nobody puts
# them elsewhere, so a bare one among them is no reason to replace the image's PATH.
_OF_THE_SYSTEM = frozenset(
    word
    for line in (
        "awk base64 basename cat chgrp chmod chown cksum cmp comm cp cut date dd df diff dirname du echo egrep env expr",
        "false fgrep find flock grep gunzip gzip head hostname id install join kill ln logger ls md5sum mkdir mktemp mv",
        "nice nohup od paste pgrep pkill printenv printf ps pwd readlink realpath rm rmdir sed seq sh bash dash sha256sum",
        "sleep sort split stat stdbuf su sudo sync tail tar tee test timeout touch tr true uname uniq wc which whoami xargs",
        "zcat",
    )
    for word in line.split()
)
# `$(..)` and backquotes in any value; a variable only where it is sure to be meant as one, as passwords hold `$` too.
_MEANT = re.compile(r"\$\{?(HOME|PATH|USER|LOGNAME|SHELL|PWD|HOSTNAME)\b|\$\([^)]|`[^`]+`|(?:^|:)~(?:/|$)")
_READ = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


def home_of(variables: Mapping[str, str], user: str | None, home: str | None) -> str | None:
    """Where cron starts the job: the table's HOME, else that of the host's passwd file; root's is the same everywhere."""
    own = variables.get("HOME")
    if own:
        return own if own.startswith("/") else None
    return home or ("/root" if user == "root" else None)


def carried(
    variables: Mapping[str, str], user: str | None, home: str | None, reads: Sequence[str], searched: Sequence[str]
) -> dict[str, str]:
    """The table's own variables, those of cron that the text reads (``reads``), and a PATH that ``searched`` needs."""
    # cron takes ""="x" too; no program can ask for it (getenv("") finds nothing), and ECS takes no empty name.
    kept = {name: value for name, value in variables.items() if name and name not in NOT_CARRIED}
    known = {
        "LOGNAME": user,
        "USER": user,
        "HOME": home_of(variables, user, home),
        "SHELL": "/bin/sh",
    }
    for name in reads:
        value = variables.get(name) or known.get(name)
        if name in NOT_CARRIED and value:
            kept[name] = value
    if needs_path(variables, searched):
        kept["PATH"] = variables["PATH"]
    return kept


def own_places(variables: Mapping[str, str]) -> list[str]:
    """What a PATH of the table has beside every system's directories."""
    return [place for place in variables.get("PATH", "").split(":") if place and place not in _STANDARD_PATH]


def needs_path(variables: Mapping[str, str], searched: Sequence[str]) -> bool:
    """Whether a bare word may stand in a directory that only the table's PATH names. A value with ``$PATH`` in it was
    never what it says, so it is not handed on."""
    own = own_places(variables)
    return bool(own) and not _MEANT.search(variables["PATH"]) and any(word not in _OF_THE_SYSTEM for word in searched)


def of_path(variables: Mapping[str, str], reads: Sequence[str], searched: Sequence[str]) -> Iterator[Finding]:
    """A PATH of the table that finds more programs than any image's does."""
    own = ":".join(own_places(variables))
    if "PATH" in reads and "PATH" not in variables:
        yield Finding("C419", "It reads `$PATH`: cron's is `/usr/bin:/bin`, the image has its own.")
    if not own or _MEANT.search(variables["PATH"]):
        return
    if needs_path(variables, searched):
        word = next(word for word in searched if word not in _OF_THE_SYSTEM)
        yield Finding(
            "C419",
            f"The crontab's PATH has `{own}`, where `{word}` may stand: it goes along, in place of the image's own PATH.",
        )
    elif "PATH" not in reads:
        yield Finding("C419", f"The crontab's PATH has `{own}`; the image's own PATH must find the programs.")


def never_worked(command: str, variables: Mapping[str, str], *, has_data: bool) -> Iterator[Finding]:
    """What a table says and cron does not do: values with variables in them, a SHELL with options, a command that is none.

    ``has_data`` says that an unescaped ``%`` ends the command.
    """
    shell = variables.get("SHELL", "")
    if re.search(r"\s", shell.strip()):
        yield Finding(
            "C497",
            f"`SHELL={shell}`: cron starts the file of that whole name, which is not there, so the job has never run.",
        )
    if shell.rpartition("/")[2] in ("false", "nologin", "true", "sync"):
        yield Finding("C497", f"`SHELL={shell}` runs no commands: the job has never run.")
    first = command.strip().partition(" ")[0]
    if first.startswith("-"):
        yield Finding(
            "C497", f"The command begins with `{first}`: the shell takes it for an option, so it has never run."
        )
    if has_data and not command.strip():
        yield Finding("C497", "The command is empty: `%` stands first, and all behind it is input. It has never run.")
    for name, meant in _plain_text(tuple(variables.items())):
        yield Finding("C498", f"`{name}` has {meant} in its value: cron puts nothing in its place.")


@lru_cache(maxsize=64)
def _plain_text(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The variables whose values have something in them that a shell would replace. Looked for once for all jobs below
    the same variables."""
    variables = dict(pairs)
    signed = [(name, value) for name, value in pairs if "$" in value or "`" in value or "~" in value]
    return tuple((name, meant) for name, value in signed if (meant := _meant(name, value, variables)))


def _meant(name: str, value: str, variables: Mapping[str, str]) -> str | None:
    """What a value has that a shell would replace; only its name, since a value may hold a secret."""
    if found := _MEANT.search(value):
        if found[1]:
            return f"`${found[1]}`"
        return "`~`" if "~" in found[0] else "a command in `$( )` or backquotes"
    return next((f"`${one}`" for one in _READ.findall(value) if one in variables and name != "MAILTO"), None)
