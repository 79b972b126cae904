"""Jobs that do next to nothing: a line of text, a question without a consequence, modes of files; and tests of the load."""

from __future__ import annotations

from converters.worlds.answer import Answer, Fate
from converters.worlds.collecting import LISTS_PROCESSES
from converters.worlds.need import Needs


def does_little(needs: Needs) -> tuple[Fate, tuple[str, ...]] | None:
    """The fate of a job that does no work a task could do, with its reason; ``None`` for every other."""
    if _only_speaks(needs):
        return "drop", ("It only writes a line of text or waits; no work is done.",)
    if _only_asks(needs):
        return "drop", ("It only asks for a process; nothing is done with the answer.",)
    modes = _only_modes(needs)
    return ("stay", (modes,)) if modes else None


_SPEAKS = frozenset({"date", "hostname", "sleep", "whoami", "uname", "tee"})
_ASKS = LISTS_PROCESSES | {"grep", "egrep", "fgrep"}


def _only_asks(needs: Needs) -> bool:
    """``ps | grep -q x``, and no more: what is not quiet is mailed by cron, and so a report."""
    parts = [one for one in needs.needs if one.kind == "part"]
    return bool(parts) and set(needs.programs) <= _ASKS and all(one.test for one in parts) and not needs.unreadable


# Programs and files that tell how busy the machine is: proc(5), uptime(1).
LOAD = frozenset({"uptime", "w", "getloadavg"})
_LOADS = frozenset({"/proc/loadavg", "/proc/stat", "/proc/meminfo"})


def of_load(one: Answer) -> Answer:
    """Beside work, a look at the load of the machine decides whether the work runs: a question, no work of its own."""
    if one.fate != "stay" or not (one.need.subject in _LOADS or one.need.by in LOAD):
        return one
    message = f"`{one.need.by}` asks how busy this host is: a task has processors and memory of its own, so take the test out."
    return one._replace(fate="decide", code="C462", message=message)


_MODES = frozenset({"chmod", "chown", "chgrp", "setfacl", "chattr", "restorecon"})
_REACHES = frozenset({"find", "xargs", "sudo", "sh", "bash", "dash", "nice", "ionice", "cd", "ls", "sleep", "timeout"})


def _only_modes(needs: Needs) -> str:
    """The sentence for a job that only changes modes and owners: an image is built with its own."""
    named = set(needs.programs)
    touched = [one for one in needs.needs if one.kind == "file" and one.role in ("edits", "reads")]
    if not named & _MODES or named - _MODES - _REACHES or needs.unreadable or not touched:
        return ""
    if any(
        one.kind not in ("program", "file", "user") or one.role in ("writes", "deletes", "moves") for one in needs.needs
    ):
        return ""
    one = next((one for one in touched if one.role == "edits"), touched[0])
    return f"`{one.by}` changes `{one.subject}`, modes or owners of files on this host, and does nothing else."


def _only_speaks(needs: Needs) -> bool:
    plain = not needs.unreadable and set(needs.programs) <= _SPEAKS
    return plain and all(one.kind in ("program", "file") for one in needs.needs)
