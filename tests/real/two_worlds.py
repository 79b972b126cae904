"""Commands as cron starts them on their host, and as a task starts them: two namespaces of this machine, real shells.

The host's world: it is called web1, has the user deploy with files in /home/deploy, /etc/role, tools in /opt/tools/bin. The
container's world: another name, no such user, the application in /srv/app and nothing else; it starts in ``/`` without cron's
HOME and PATH, unless the job's own ecs.yml says more. What a command does there is written down: its output, its status, the
files it leaves. Needs root, and ``unshare`` of util-linux.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

USER, UID, HOME = "deploy", 1004, "/home/deploy"
PASSWD = "root:x:0:0:root:/root:/bin/bash\n"
OF_USER = f"{USER}:x:{UID}:{UID}::{HOME}:/bin/sh\n"
IMAGE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_JOB = '#!/bin/sh\necho "${0##*/} $*"\nif [ ! -t 0 ]; then cat; fi\n'
APPLICATION = {"bin/job": _JOB, "run": _JOB, "env.sh": "FOO=app\n", "data.csv": "1,app\n", "w.py": "print('app')\n"}
OF_HOST = {
    f"{HOME}/run": _JOB,
    f"{HOME}/bin/job": _JOB,
    f"{HOME}/app/run": _JOB,
    f"{HOME}/env.sh": "FOO=home\n",
    f"{HOME}/.profile": "FOO=profile\n",
    f"{HOME}/data.csv": "2,home\n",
    f"{HOME}/w.py": "print('home')\n",
    "/opt/tools/bin/tool": _JOB,
    "/etc/role": "web\n",
}


class Run(NamedTuple):
    """How a command is started: its words, environment, directory, user number."""

    argv: list[str]
    environment: dict[str, str]
    directory: str
    user: int


class Trace(NamedTuple):
    """What a command did: output, status, files left behind."""

    out: str
    status: int
    files: list[str]


def missing() -> str | None:
    """What keeps this machine from it, or None."""
    if os.geteuid() != 0:
        return "it must run as root"
    if shutil.which("unshare") is None:
        return "unshare is missing: install the package util-linux"
    probe = subprocess.run(
        ["unshare", "--mount", "--uts", "--fork", "mount", "-t", "tmpfs", "none", "/srv"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"no mount namespaces here: {probe.stderr.strip()}" if probe.returncode else None


def run_all(runs: Sequence[Run], *, host: bool, scratch: Path) -> list[Trace]:
    """Every run in one world, one after the other; what it leaves is taken away again."""
    plan = scratch / f"plan-{'host' if host else 'image'}.json"
    plan.write_text(json.dumps({"host": host, "runs": runs}), encoding="utf-8")
    said = subprocess.run(
        ["unshare", "--mount", "--uts", "--fork", sys.executable, __file__, str(plan)],
        capture_output=True,
        text=True,
        timeout=900,
        check=True,
    )
    return [Trace(*one) for one in json.loads(said.stdout)]


def _inside(plan: Path) -> None:
    """Builds the world around this process, and runs the plan."""
    told = json.loads(plan.read_text(encoding="utf-8"))
    host = told["host"]
    for place in ("/srv", "/home", "/opt", "/mnt", "/tmp"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "none", place], check=True)
    etc = Path("/mnt/etc")
    etc.mkdir()
    files = {f"/srv/app/{name}": text for name, text in APPLICATION.items()} | (OF_HOST if host else {})
    # A bind mount keeps the machine's own /etc as it is; an overlay would need more of the kernel.
    subprocess.run(["cp", "-a", "/etc/.", "/mnt/etc"], check=True)
    subprocess.run(["mount", "--bind", "/mnt/etc", "/etc"], check=True)
    (Path("/etc/passwd")).write_text(PASSWD + (OF_USER if host else ""), encoding="utf-8")
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
        Path(name).chmod(0o755)
    if host:
        subprocess.run(["chown", "-R", f"{UID}:{UID}", HOME, "/srv/app"], check=True)
    subprocess.run(["hostname", "web1" if host else "ip-10-0-7-19"], check=True)
    print(json.dumps([_one(Run(*one)) for one in told["runs"]]))


def _one(run: Run) -> Trace:
    before = _files()
    made = _made(Path(run.directory))
    try:
        done = subprocess.run(
            run.argv,
            env=run.environment,
            cwd=run.directory,
            user=run.user,
            group=run.user,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
        )
        out, status = done.stdout, done.returncode
    except OSError as error:
        out, status = f"not started: {error.strerror}", 127
    left = sorted(_files() - before)
    # A log is output: the task's goes to CloudWatch.
    out += "".join(Path(name).read_text(errors="replace") for name in left if name.startswith("/tmp/log"))
    texts = [f"{name}: {Path(name).read_text(errors='replace')}" for name in left if not name.startswith("/tmp/")]
    for name in left:
        Path(name).unlink()
    for directory in made:  # the next run begins in a world where nobody has been
        with contextlib.suppress(OSError):
            directory.rmdir()
    return Trace(out, status, texts)


def _made(directory: Path) -> list[Path]:
    """Makes a directory as a container's runtime does, empty; those that were not there before, the deepest first."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    return missing


def _files() -> set[str]:
    return {str(path) for place in ("/srv", "/home", "/tmp") for path in Path(place).rglob("*") if path.is_file()}


if __name__ == "__main__":
    _inside(Path(sys.argv[1]))
