"""Which idiom answers to which program name."""

from __future__ import annotations

from collections.abc import Callable

from converters.commands.idioms import (
    daemon_tools,
    delays,
    limits,
    lock_tools,
    locks,
    outputs,
    preparations,
    runtimes,
    shells,
    users,
)
from converters.commands.idioms.peeling import Peeling, Site
from converters.commands.shell.program_names import SHELLS
from converters.commands.shell.words import Simple

Wrapper = Callable[[Peeling, Site, Simple], None]
Front = Callable[[Peeling, Simple], bool]

# Programs that execute the rest of their words (or a text in them), and what kind of thing they are.
WRAPPERS: dict[str, tuple[str, Wrapper]] = {
    "flock": ("lock", locks.flock),
    "setlock": ("lock", locks.setlock),
    "lockf": ("lock", locks.lockf),
    "lockrun": ("lock", locks.lockrun),
    "run-one": ("lock", locks.run_one),
    "runlock": ("lock", locks.runlock),
    "lckdo": ("lock", lock_tools.lckdo),
    "with-lock-ex": ("lock", lock_tools.with_lock),
    "dotlockfile": ("lock", lock_tools.dotlockfile),
    "solo": ("lock", lock_tools.solo),
    **dict.fromkeys(("run-with-lockfile", "run-with-lockfile.sh"), ("lock", lock_tools.run_with_lockfile)),
    "timeout": ("timeout", limits.timeout),
    "runalarm": ("timeout", limits.runalarm),
    "env": ("environment", preparations.env),
    "sudo": ("user", users.sudo),
    "su": ("user", users.su),
    "runuser": ("user", users.runuser),
    **dict.fromkeys(("su-exec", "gosu", "setuser", "setuidgid", "s6-setuidgid"), ("user", users.exec_as)),
    "chpst": ("user", daemon_tools.chpst),
    **dict.fromkeys(("envdir", "s6-envdir"), ("environment", daemon_tools.envdir)),
    **dict.fromkeys(("softlimit", "s6-softlimit"), ("limits", daemon_tools.softlimit)),
    **dict.fromkeys(SHELLS, ("shell", shells.shell)),
    "exec": ("shell", shells.exec_command),
    "time": ("shell", shells.time),
    "systemd-cat": ("output", outputs.systemd_cat),
    "chronic": ("output", outputs.chronic),
    "cronic": ("output", outputs.chronic),
    **{name: ("runtime", manager) for name, manager in runtimes.MANAGERS.items()},
}

# Commands in front of all the rest.
FRONT: dict[str, tuple[str, Front]] = {
    "cd": ("directory", preparations.change_directory),
    "export": ("environment", preparations.export),
    "exec": ("output", outputs.exec_redirect),
    "sleep": ("delay", delays.delay),
    "perl": ("delay", delays.delay),
    **dict.fromkeys(("python", "python2", "python3"), ("delay", delays.delay)),
}

# Wrappers whose wish is lost when they stay in the text, with what they mean there.
LOST = {
    "flock": "its lock file guards nothing in a container, where every run has files of its own",
    "setlock": "its lock file guards nothing in a container, where every run has files of its own",
    "lockf": "its lock file guards nothing in a container, where every run has files of its own",
    "lockrun": "its lock file guards nothing in a container, where every run has files of its own",
    "runlock": "its lock file guards nothing in a container, where every run has files of its own",
    "run-one": "it guards nothing in a container, where no other run is seen",
    "run-this-one": "it stops the run before it, which a container does not see",
    "dotlockfile": "its lock file guards nothing in a container, where every run has files of its own",
    "lockfile": "its lock file guards nothing in a container, where every run has files of its own",
    **dict.fromkeys(
        (
            "with-lock-ex",
            "lckdo",
            "run-with-lockfile",
            "run-with-lockfile.sh",
            "shlock",
            "lockfile-create",
            "mutex",
            "cronlock",
        ),
        "its lock file guards nothing in a container, where every run has files of its own",
    ),
    "solo": "its port guards nothing in a container, where every run has ports of its own",
}
SERVICES = frozenset({"keep-one-running", "run-one-constantly", "run-one-until-success", "run-one-until-failure"})
