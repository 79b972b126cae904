"""Supervisors that stand as an ENTRYPOINT: what each does with a command behind it, as data. None is a plain wrapper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from converters.images.tree import Tree

Does = Literal["services", "bare", "eats", "ignores"]


class Supervisor(NamedTuple):
    """``marks``: beginnings of paths, one of which must be in the image (none: the name is enough). ``command``: the command
    is run when the services are up, so words behind its own are another wrapper's."""

    does: Does
    marks: tuple[str, ...] = ()
    command: bool = False


# s6-overlay 3, MOVING-TO-V3.md: "the CMD is now run with a minimal environment by default, and you need to prepend it with
# with-contenv"; rc.init writes the command's status for the container's. Version 2, init-stage2: `with-contenv $@`, and
# services/docker-cmd/finish. my_init of phusion/baseimage: runs its arguments beside runit, and ends with their status.
# supervisor/options.py: "positional arguments are not supported". runsvdir(8), s6-svscan: a directory. init(8), runit(8) as
# process 1, systemd(1): a runlevel, or nothing. Others by their --help: what stands behind is theirs.
SUPERVISORS: Mapping[str, tuple[Supervisor, ...]] = {
    "init": (
        Supervisor("bare", ("/package/admin/s6-overlay", "/command/with-contenv"), command=True),
        Supervisor("services", ("/etc/s6/init/", "/usr/bin/with-contenv"), command=True),
        Supervisor("ignores", ("/lib/systemd/systemd", "/usr/lib/systemd/systemd", "/etc/inittab", "/sbin/openrc")),
    ),
    "my_init": (Supervisor("services", command=True),),
    **dict.fromkeys(("systemd", "runit", "runit-init", "openrc-init", "upstart"), (Supervisor("ignores"),)),
    **dict.fromkeys(
        (
            *(
                "supervisord",
                "runsvdir",
                "runsvdir-start",
                "s6-svscan",
                "s6-supervise",
                "runsv",
                "svscan",
                "perpd",
                "circusd",
            ),
            *(
                "monit",
                "cron",
                "crond",
                "supercronic",
                "go-crond",
                "ofelia",
                "pm2-runtime",
                "pm2-docker",
                "forego",
                "foreman",
            ),
            *("honcho", "overmind", "hivemind", "goreman", "nodaemon", "horust", "multirun", "process-compose"),
        ),
        (Supervisor("eats"),),
    ),
}
# What `with-contenv` does for one command, these two do for the container (README of s6-overlay 3).
_KEEPS: Mapping[str, Callable[[str], bool]] = {
    "S6_KEEP_ENV": lambda value: value not in ("", "0"),
    "S6_CMD_ARG0": lambda value: "with-contenv" in value,
}


def supervisor_of(words: Sequence[str], tree: Tree, variables: Mapping[str, str]) -> tuple[Does, list[str]] | None:
    """What the supervisor that begins these words of an ENTRYPOINT does, and the words that it starts before the command;
    None where it is none. ``variables`` are the image's own."""
    name = words[0].rpartition("/")[2]
    for one in SUPERVISORS.get(name, ()):
        if one.marks and not any(place.startswith(one.marks) for place in tree.nodes):
            continue
        rest, does = list(words[1:]), one.does
        if not one.command:
            return does, []
        # my_init's own options stand before a `--`, or alone.
        while rest and rest[0].startswith("-"):
            rest = rest[1:]
        if rest and rest[0].rpartition("/")[2] == "with-contenv":
            rest, does = rest[1:], "services"
        if any(known(variables.get(key, "")) for key, known in _KEEPS.items()):
            does = "services"
        return does, rest
    return None
