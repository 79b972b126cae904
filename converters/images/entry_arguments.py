"""What an entry script does with its arguments, which are a job's command: its ends, all ways together, as one kind.

The arguments are a job's command: there are some, and the first is a program's name, none of the words that a script asks for
(`server`, `--option`). Tests that this decides are decided; where another one decides, both ways are followed.
"""

from __future__ import annotations

from collections.abc import Iterable

from converters.images.entry_machine import Machine
from converters.images.entry_starts import Follow, Script
from converters.images.entry_state import Field, Kind, State
from converters.images.entry_syntax import NotReadError

__all__ = ["Follow", "Kind", "Script", "of_script"]

_NEVER: frozenset[Kind] = frozenset({"endless", "breaks", "ends", "eats", "ignores"})
_ZEROTH = State(params=(Field("rest", "", 1),), zero=Field("job"))


def of_script(
    text: str | None, *, zeroth: bool = False, follow: Follow | None = None, shell: str = "bash", errexit: bool = False
) -> Kind:
    """What a shell script does with its arguments. ``zeroth``: the first of them is its `$0` (`sh -c TEXT`, with no name);
    ``shell``: what reads it (`dash`, `busybox`, `bash`), empty where nobody knows."""
    if text is None:
        return "unread"
    ends = ends_of(Script(text, shell, errexit), zeroth=zeroth, follow=follow)
    return "unread" if ends is None else kind_of(ends)


def ends_of(
    script: Script,
    *,
    zeroth: bool = False,
    follow: Follow | None = None,
    unset: Iterable[str] = (),
    absent: Iterable[str] = (),
) -> set[State] | None:
    """Where the script may end; None where nobody could follow it. ``unset`` and ``absent``: variables and paths that are taken
    as not there."""
    machine = Machine(follow, script.shell, frozenset(unset), frozenset(absent))
    try:
        return machine.script(script, _ZEROTH if zeroth else State())
    except (NotReadError, RecursionError):
        return None


def kind_of(ends: Iterable[State]) -> Kind:
    """All ends as one kind. An end with an error before the job is seen, so it takes nothing from a way that starts it."""
    told = [(_of_end(one), one) for one in ends]
    kinds = {kind for kind, _ in told}
    if any(one.doubt for one in ends) and not kinds <= _NEVER:
        return "unread"
    if kinds - {""} == {"passes", "ends"}:
        return "root" if any(kind == "ends" and one.known("uid is 0") is False for kind, one in told) else "passes"
    kinds -= {"", "ends"} if kinds - {"", "ends"} else {""}
    if len(kinds) < 2:
        return next(iter(kinds), "passes")
    # Several, of which one says what is true of all.
    return next((said for said, all_of in _OF_SEVERAL if kinds <= all_of), "unread")


_OF_SEVERAL: tuple[tuple[Kind, set[Kind]], ...] = (
    ("ignores", {"eats", "ignores"}),
    ("swallows", {"swallows", "changes"}),
    ("root", {"root", "passes"}),
)


def _of_end(end: State) -> Kind:
    """One end; empty for a job that ended with 0, which says nothing of what becomes of another status."""
    well = end.status in ("0", "?")
    if end.final or end.job.startswith("back-"):
        return end.final or "leaves"
    if not end.job:
        return "breaks" if end.harmed else "ends" if not well else "eats" if end.fed else "ignores"
    if end.job == "ok":
        return "" if well else "changes"
    if end.status == "job":
        return "root" if end.root else "passes"
    return "swallows" if well else "changes"
