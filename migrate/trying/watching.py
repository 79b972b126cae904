"""What is seen of a container from outside while it runs: its memory by its control group, its calls by strace."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from converters.images.traces import CALLS, Trace

_ATTACHED_IN = 10.0
_LINE = 1 << 16
_OPTIONS = ("-f", "-y", "-s", "300", "-e", f"trace={CALLS}")


class Memory:
    """The peak of a control group's memory, file cache included; None where there is no group to ask."""

    def __init__(self, pid: int) -> None:
        self.peak: int | None = None
        self._files = [path for path in _peak_files(pid) if path.exists()]

    def look(self) -> None:
        """Read it once more; the group is gone as soon as its last process is."""
        for path in self._files[:1]:
            try:
                self.peak = max(self.peak or 0, int(path.read_text()))
            except (OSError, ValueError):
                return


def _peak_files(pid: int) -> list[Path]:
    """Where the kernel keeps the peak: memory.peak since Linux 5.19, memory.max_usage_in_bytes in version 1."""
    found = []
    try:
        rows = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return []
    for row in rows:
        _number, controllers, path = row.split(":", 2)
        if path in ("", "/"):
            continue  # the root has no limit and no peak of its own
        if "memory" in controllers.split(","):
            found.append(Path(f"/sys/fs/cgroup/memory{path}/memory.max_usage_in_bytes"))
        elif not controllers:
            found += [Path(f"/sys/fs/cgroup{path}/{name}") for name in ("memory.peak", "memory.current")]
    return found


class Tracer:
    """strace on the first process of a container, attached before its payload begins. ``lacks`` says why there is none."""

    def __init__(self) -> None:
        self.trace: Trace | None = None
        self.lacks = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    def attach(self, pid: int) -> None:
        """Attach to ``pid``; returns once strace has it, or knows that it cannot."""
        program = shutil.which("strace")
        if program is None:
            self.lacks = "strace is not here"
            return
        read, write = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # strace, with numbers and fixed words
                [program, *_OPTIONS, "-o", f"/proc/self/fd/{write}", "-p", str(pid)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(write,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(read)
            self.lacks = f"strace: {error.strerror}"
            return
        finally:
            os.close(write)
        self.trace = Trace(pid)
        self._reader = threading.Thread(target=self._read, args=(read,), daemon=True)
        self._reader.start()
        self._await()

    def _await(self) -> None:
        """strace says on standard error that it is attached; what else it says there is why it is not."""
        process = self._process
        assert process is not None and process.stderr is not None  # noqa: S101  # attach has just made them
        said: list[str] = []
        attached = threading.Event()

        def listen() -> None:
            assert process.stderr is not None  # noqa: S101
            for line in process.stderr:
                text = line.decode("utf-8", "replace").strip()
                if "attached" in text:
                    attached.set()
                elif len(said) < 10:
                    said.append(text)
            attached.set()

        threading.Thread(target=listen, daemon=True).start()
        attached.wait(_ATTACHED_IN)
        time.sleep(0.02)
        if process.poll() is not None:
            self.trace = None
            self.lacks = (said or ["strace ended"])[-1]

    def _read(self, descriptor: int) -> None:
        trace = self.trace
        with os.fdopen(descriptor, "rb") as stream:
            # A line is bounded by strace's own -s, but a path may be long: what is longer is no line that we read.
            while line := stream.readline(_LINE):
                if trace is not None and line.endswith(b"\n"):
                    trace.read(line.decode("utf-8", "surrogateescape").rstrip("\n"))

    def end(self) -> None:
        """Wait for the last lines. strace ends by itself with the container; one that does not is told to let go."""
        if self._process is None:
            return
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._reader is not None:
            self._reader.join(5)
