"""A scratch machine: programs that record how they were started, and wrappers written by hand from their manuals.

Real are sh (dash), bash, flock, timeout, nice, ionice, chrt, nohup, env, stdbuf, tee, date, grep, expr and the like. What is
seldom installed (setlock, lockf, sudo, chronic, ..) is a few lines of shell that do what the manual says; they say nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = [
    "php",
    "ruby",
    "rake",
    "bundle",
    "node",
    "java",
    "python",
    "python3",
    "perl",
    "job",
    "mysqldump",
    "curl",
    "wget",
    "wp",
    "mail",
    "logger",
    "ts",
    "sleep",
    "pgrep",
    "pidof",
    "cronitor",
    "run-parts",
    "envtool",
    "other",
    "crontab",
    "rvm-use",
]
PLACES = [
    "usr/local/bin/job",
    "usr/local/bin/php",
    "usr/local/bin/sleep",
    "srv/app/bin/job",
    "srv/app/venv/bin/python",
    "home/app/bin/job",
    "home/app/venv/bin/python",
]
FOLDERS = [
    "srv/app/log",
    "srv/app/current",
    "srv/app/shared/log",
    "srv/app/var/log",
    "srv/app/tmp",
    "srv/日本",
    "var/log",
    "var/lock",
    "var/lib/app",
    "var/run",
    "tmp",
    "data",
    "home/app/project",
    "home/app/log",
    "etc",
    "opt",
    "usr/local/bin",
]

# What it is, where, with what and in which order; then it ends as its argument `exit=N` says.
RECORDER = """#!/bin/dash
slot=0; until mkdir "$RECORDS/$slot" 2> /dev/null; do slot=$((slot + 1)); done
{ printf 'start\\n'; printf '%s\\0' "${0##*/}" "$@"; printf '\\n--cwd\\n%s\\n--env\\n' "$(pwd -P)"; export -p
  printf '%s\\n' '--stdin'; cat; printf '\\n--end\\n'; } > "$RECORDS/$slot/start"
echo "output of ${0##*/}"
for word; do case $word in exit=*) exit "${word#exit=}";; esac; done
case ${0##*/} in pgrep|pidof) exit 1;; esac
exit 0
"""

# Each from its manual, without looking at how the idioms are read.
WRAPPERS = {
    "setlock": 'while getopts nNxX o; do :; done; shift $OPTIND; exec "$@"',
    "lockf": 'while getopts knswpt: o; do :; done; shift $OPTIND; exec "$@"',
    "lockrun": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "run-one": 'exec "$@"',
    "runlock": 'while getopts df:t: o; do :; done; shift $((OPTIND - 1)); exec "$@"',
    "runalarm": 'while getopts dt: o; do :; done; shift $((OPTIND - 1)); exec "$@"',
    "chronic": 'while getopts ev o; do :; done; shift $((OPTIND - 1)); exec "$@"',
    "cronic": 'exec "$@"',
    "systemd-cat": """while :; do case $1 in -t|-p) shift 2;; -*) shift;; *) break;; esac; done
[ $# -eq 0 ] && { cat > /dev/null; exit 0; }; exec "$@" """,
    "sudo": """RUN_AS=root
while :; do case $1 in --) shift; break;; -u) RUN_AS=$2; shift 2;; -u*) RUN_AS=${1#-u}; shift;;
--user=*) RUN_AS=${1#*=}; shift;;
-g) shift 2;; -E) KEEP=1; shift;; -*) shift;; *=*) export "$1"; GIVEN="$GIVEN $1"; shift;; *) break;; esac; done
export RUN_AS
[ -n "$KEEP" ] || exec env -i HOME="$HOME" LOGNAME="$LOGNAME" SHELL="$SHELL" PATH="$PATH" RECORDS="$RECORDS" RUN_AS="$RUN_AS" \
  WORLD_PATH="$WORLD_PATH" $GIVEN "$@"
exec "$@" """,
    "su": """RUN_AS=root; SH=/bin/sh
while [ $# -gt 0 ]; do case $1 in -|-l|-p) shift;; -c) TEXT=$2; shift 2;; -s) SH=$2; shift 2;; *) RUN_AS=$1; shift;; esac; done
export RUN_AS; [ -z "$TEXT" ] && exit 0; exec "$SH" -c "$TEXT" """,
    "runuser": """[ "$1" = -u ] || exec su "$@"
RUN_AS=$2; export RUN_AS; shift 2; [ "$1" = -- ] && shift; exec "$@" """,
    "gosu": 'RUN_AS=$1; export RUN_AS; shift; exec "$@"',
    "su-exec": 'RUN_AS=$1; export RUN_AS; shift; exec "$@"',
    "rbenv": '[ "$1" = exec ] || exit 0; shift; exec "$@"',
    "pyenv": '[ "$1" = exec ] || exit 0; shift; exec "$@"',
    "nodenv": '[ "$1" = exec ] || exit 0; shift; exec "$@"',
    "mise": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "rvm": '[ "$2" = do ] || exit 0; shift 2; exec "$@"',
    "rvm-exec": 'shift; exec "$@"',
}
_OWN_PATHS = re.compile(r"(?<![\w.\-:/])/(srv|var|opt|home|tmp|usr/local|data|etc|run)(?=/|\s|$|\W)")
# The shell's own, and the tools of this test.
_UNSEEN = frozenset(
    [
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "_STDBUF_O",
        "_STDBUF_E",
        "RECORDS",
        "LD_PRELOAD",
        "FAKETIME",
        "FAKETIME_SHARED",
        "WORLD_PATH",
    ]
)


@dataclass(frozen=True)
class Start:
    """One program that was started."""

    argv: tuple[str, ...]
    directory: str
    environment: Mapping[str, str] = field(hash=False)
    stdin: str = ""


@dataclass(frozen=True)
class Run:
    """All that a command did: the starts in order, its exit status, and the files it wrote (path -> text)."""

    starts: tuple[Start, ...]
    status: int
    files: Mapping[str, str]


class World:
    """A folder that stands for the root of a machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.records = root / "records"
        self.programs = root / "programs"
        for folder in (*FOLDERS, "srv/with blank", "records", "programs"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        recorder = root / "recorder"
        self._script(recorder, RECORDER)
        for name in PROGRAMS:
            (self.programs / name).symlink_to(recorder)
        for place in PLACES:
            target = root / place
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                target.symlink_to(recorder)
        for name, text in WRAPPERS.items():
            self._script(self.programs / name, f"#!/bin/dash\n{text}\n")
        (root / "etc/app.env").write_text("APP_MODE=full\nexport APP_MODE\n")
        (root / "home/app/.profile").write_text("export PROFILE=read\n")
        # A login shell reads the machine's own /etc/profile first, which sets a PATH without the stubs.
        (root / "home/app/.bash_profile").write_text("export PATH=$WORLD_PATH\n")
        (root / "home/app/.rbenv/bin").mkdir(parents=True)
        (root / "home/app/.rbenv/bin/rbenv").symlink_to(self.programs / "rbenv")
        (root / "home/app/job.sh").write_text('exec php from-script "$@"\n')
        (root / "home/app/venv/bin/activate").write_text("export VIRTUAL_ENV=yes\n")
        self.baseline = self._files()

    @staticmethod
    def _script(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    @property
    def home(self) -> str:
        return str(self.root / "home/app")

    def moved(self, command: str) -> str:
        """The command with its absolute paths inside this world."""
        return _OWN_PATHS.sub(lambda match: f"{self.root}/{match[1]}", command)

    def environment(self) -> dict[str, str]:
        """What cron gives (Debian), with the stubs in front of its PATH."""
        return {
            "HOME": self.home,
            "LOGNAME": "app",
            "SHELL": "/bin/sh",
            "PATH": f"{self.programs}:/usr/bin:/bin",
        }

    def image_environment(self) -> dict[str, str]:
        """What an image's ENV and the runtime give: another HOME, another PATH, no LOGNAME, no SHELL."""
        return {"HOME": "/nonexistent", "PATH": f"{self.programs}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}

    def run(
        self,
        argv: Sequence[str],
        *,
        directory: str,
        environment: Mapping[str, str],
        stdin: str | None = None,
        at: str | None = None,
    ) -> Run:
        """Run and wait for everything that was started, also in the background. ``at`` is a moment for faketime."""
        self._clean()
        variables = {**environment, "RECORDS": str(self.records), "WORLD_PATH": environment["PATH"]}
        if at is not None:
            variables |= {"LD_PRELOAD": str(faketime_library()), "FAKETIME": at}
        read_end, write_end = os.pipe()
        try:
            process = subprocess.run(
                argv,
                cwd=directory,
                env=variables,
                input=(stdin or "").encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(write_end,),
                timeout=30,
                check=False,
            )
            status = process.returncode
        except FileNotFoundError:
            status = 127
        os.close(write_end)
        while os.read(read_end, 4096):  # ends when the last of the descendants has gone
            pass
        os.close(read_end)
        return Run(self._starts(), status, self._written())

    def _clean(self) -> None:
        shutil.rmtree(self.records)
        self.records.mkdir()
        for path in set(self._files()) - set(self.baseline):
            (self.root / path).unlink()

    def _files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink() and self.records not in path.parents
        }

    def _written(self) -> dict[str, str]:
        now = self._files()
        return {path: text.decode("utf-8", "replace") for path, text in now.items() if self.baseline.get(path) != text}

    def _starts(self) -> tuple[Start, ...]:
        ordered = sorted(self.records.iterdir(), key=lambda path: int(path.name))
        return tuple(_start((path / "start").read_bytes().decode("utf-8", "surrogateescape")) for path in ordered)


def _start(record: str) -> Start:
    head, _, rest = record.removeprefix("start\n").partition("\0\n--cwd\n")
    directory, _, rest = rest.partition("\n--env\n")
    exported, _, stdin = rest.partition("--stdin\n")
    variables = {}
    for match in re.finditer(r"^export (\w+)(?:=(.*?))?(?=\nexport |\n\Z)", exported, re.M | re.S):
        if match[1] not in _UNSEEN:
            variables[match[1]] = (match[2] or "").replace("'\"'\"'", "'").strip("'")
    return Start(tuple(head.split("\0")), directory, variables, stdin.removesuffix("\n--end\n"))


def faketime_library() -> Path | None:
    """libfaketime, where it is installed."""
    return next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
