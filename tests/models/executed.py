"""Texts of jobs run for real: dash under libfaketime, at each minute at which they would be started."""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.command.world import faketime_library

RAN = "R1"
"""What a job prints that runs."""
_PAUSE = re.compile(r"\bsleep (\d+)\s*(;|&&)\s*")
_SECONDS = 20  # within the minute, so that nothing turns on a process that is slow to start


def ran(words: Sequence[str], variables: dict[str, str], minutes: Sequence[int]) -> list[bool]:
    """Whether the job of these words runs, for each UTC minute. A pause is not waited for: the clock starts after it.

    The system's `date` prints; ``date -u`` is asked as ``TZ=UTC0 date``, since libfaketime and the option do not go together.
    """
    library = faketime_library()
    assert library is not None
    pause = sum(int(seconds) for seconds, _ in _PAUSE.findall(words[-1]))
    text = re.sub(r"\bdate -u ", "TZ=UTC0 date ", _PAUSE.sub("", words[-1]))
    run = shlex.join(["dash" if word == "/bin/sh" else word for word in words[:-1]])
    found: dict[int, bool] = {}
    todo = sorted(set(minutes))
    for _attempt in range(3):  # on a busy machine a process under libfaketime now and then prints nothing
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "job").write_text(text)
            each = " ".join(str(minute * 60 + pause + _SECONDS) for minute in todo)
            start = f'FAKETIME=$t {run} "$(cat {folder}/job)" 2>/dev/null </dev/null'
            loop = f'for t in {each}; do echo "== $t"; {start}; echo; done'
            environment = {"PATH": "/usr/bin:/bin", "LD_PRELOAD": str(library), "FAKETIME_FMT": "%s"} | variables
            out = subprocess.run(
                ["dash", "-c", loop], env=environment, capture_output=True, text=True, check=False, timeout=600
            ).stdout
        at = -1
        for line in out.splitlines():
            if line.startswith("== "):
                at = (int(line[3:]) - pause - _SECONDS) // 60
                found.setdefault(at, False)
            elif line == RAN:
                found[at] = True
        todo = [minute for minute in todo if minute not in found]
        if not todo:
            break
    assert not todo, f"not executed at {todo[:3]}"
    return [found[minute] for minute in minutes]
