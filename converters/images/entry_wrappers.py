"""Programs that start their arguments, as data: what stands before the command, and which must be root or end too early."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Wrapper(NamedTuple):
    """A program that starts its arguments: options that take a value, how many words stand before the command (or the word
    behind which it stands), whether it must be root; ``waits``: the options without which it ends before the command does."""

    valued: frozenset[str] = frozenset()
    words: int = 0
    behind: str = ""
    root: bool = False
    waits: frozenset[str] = frozenset()


_INIT = Wrapper(frozenset({"-p", "-e"}))
# tini(1), dumb-init(1), catatonit, env(1), READMEs of su-exec and gosu, setpriv(1), runuser(1), sudo(8), chpst(8),
# s6-setuidgid, nice(1), ionice(1), timeout(1), stdbuf(1), numactl(8); bundle-exec(1), poetry, pipenv, uv, conda run,
# xvfb-run(1), ddtrace-run, newrelic-admin, opentelemetry-instrument, wait-for-it.sh, dockerize, chamber: their manuals;
# pid1 (fpco), fixuid, s6-envdir, envdir(8), authbind(1), taskset(1), chrt(1), prlimit(1), doppler run, op run, infisical run,
# teller run, berglas exec, aws-vault exec, vault-env, secrets-init, hatch, pdm, rye, conda and micromamba run, npm exec: too.
WRAPPERS: Mapping[str, Wrapper] = {
    "tini": _INIT,
    "tini-static": _INIT,
    "docker-init": _INIT,
    "dumb-init": Wrapper(frozenset({"-r", "--rewrite"})),
    "catatonit": Wrapper(),
    "env": Wrapper(frozenset({"-u", "--unset", "-C", "--chdir"})),
    "gosu": Wrapper(words=1, root=True),
    "su-exec": Wrapper(words=1, root=True),
    "s6-setuidgid": Wrapper(words=1, root=True),
    "setuidgid": Wrapper(words=1, root=True),
    "setpriv": Wrapper(frozenset({"--reuid", "--regid", "--groups"}), root=True),
    "runuser": Wrapper(frozenset({"-u", "-g", "-G"}), root=True),
    "chpst": Wrapper(frozenset({"-u", "-U", "-e", "-n"}), root=True),
    "sudo": Wrapper(frozenset({"-u", "-g"}), root=True),
    "nice": Wrapper(frozenset({"-n"})),
    "ionice": Wrapper(frozenset({"-c", "-n"})),
    "timeout": Wrapper(frozenset({"-k", "-s"}), 1),
    "stdbuf": Wrapper(frozenset({"-i", "-o", "-e"})),
    "numactl": Wrapper(),
    "nohup": Wrapper(),
    # A process that leads its group forks, and its parent ends at once (setsid(1)); runc makes process 1 a leader (nsexec.c).
    "setsid": Wrapper(waits=frozenset({"-w", "--wait", "-cw", "-wc"})),
    "flock": Wrapper(frozenset({"-w", "-E", "--timeout", "--conflict-exit-code"}), 1),
    "chroot": Wrapper(words=1),
    "unbuffer": Wrapper(),
    "strace": Wrapper(frozenset({"-e", "-o", "-s", "-p"})),
    "time": Wrapper(),
    "command": Wrapper(),
    "with-contenv": Wrapper(),
    "bundle": Wrapper(behind="exec"),
    "poetry": Wrapper(behind="run"),
    "pipenv": Wrapper(behind="run"),
    "uv": Wrapper(behind="run"),
    "xvfb-run": Wrapper(frozenset({"-s", "-n", "--server-args"})),
    "ddtrace-run": Wrapper(),
    "opentelemetry-instrument": Wrapper(),
    "newrelic-admin": Wrapper(behind="run-program"),
    "wait-for-it": Wrapper(behind="--"),
    "wait-for-it.sh": Wrapper(behind="--"),
    "wait-for": Wrapper(behind="--"),
    "dockerize": Wrapper(frozenset({"-wait", "-template", "-timeout", "-wait-retry-interval"})),
    **dict.fromkeys(("chamber", "doppler", "op", "infisical", "teller", "berglas", "aws-vault"), Wrapper(behind="--")),
    **dict.fromkeys(("pid1", "fixuid", "authbind", "vault-env", "secrets-init", "s6-setsid", "prlimit"), Wrapper()),
    **dict.fromkeys(("s6-envdir", "envdir", "taskset", "chrt", "setarch"), Wrapper(words=1)),
    **dict.fromkeys(("hatch", "pdm", "rye"), Wrapper(behind="run")),
    "npm": Wrapper(behind="--"),
}


def behind(words: Sequence[str], wrapper: Wrapper) -> list[str] | None:
    """The words behind a wrapper's own; None where the word that must stand before the command is not there."""
    rest = list(words)
    if wrapper.behind:
        return rest[rest.index(wrapper.behind) + 1 :] if wrapper.behind in rest else None
    while rest and (rest[0].startswith("-") or re.match(r"[A-Za-z_]\w*=", rest[0])):
        option, rest = rest[0], rest[1:]
        if option == "--":
            return rest[wrapper.words :]
        if option in wrapper.valued:
            rest = rest[1:]
    rest = rest[wrapper.words :]
    return rest[1:] if rest[:1] == ["--"] else rest


def name_of(word: str) -> str:
    return word.strip("\"'").rpartition("/")[2]


def forks(words: Sequence[str], wrapper: Wrapper) -> bool:
    """Whether this wrapper, as process 1, leaves its command behind."""
    return bool(wrapper.waits) and not any(word in wrapper.waits for word in words if word.startswith("-"))
