"""What is said of a text that shells read in different ways: under cron, by the shell of its host, and in an image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from converters.commands.dialects.constructs import Outcome
from converters.commands.dialects.reading import Found, read_dialect
from converters.schedules.date_output import Shell

NAMES = {"dash": "dash", "bash": "bash", "ash": "BusyBox's ash"}
_WHERE = "dash, which is /bin/sh on Debian and Ubuntu,"
_LONGEST = 60
_MOST = 3
# What dash does with them is what their author meant, where the host has dash too.
_MEANT = frozenset({"echo \\"})


def shells_of(interpreter: str, host: Sequence[Shell]) -> tuple[Shell, ...]:
    """The shells that may read a text for an interpreter such as ``/bin/sh``; none where it is certain to be bash, or a shell
    that this table does not know."""
    name = interpreter.rpartition("/")[2]
    if name == "sh":
        return tuple(host)
    return (name,) if name in ("dash", "ash") else ()  # type: ignore[return-value]


def sayings(
    text: str,
    interpreter: str,
    host: Sequence[Shell],
    known: Iterable[str] = (),
    remaining: str | None = None,
    *,
    script: bool = False,
) -> Iterator[str]:
    """A sentence for each kind of construct; where the whole text is refused, nothing else of it matters. What worked on the
    host is told only where it is still in the text that ``remaining`` is for the container. Of a ``script`` the lines before
    a refused one do run."""
    told: list[tuple[Found, tuple[Shell, ...]]] = []
    for one in read_dialect(text, known):
        by = interpreter if one.depth == 0 or one.shell == "SHELL" else one.shell or "sh"
        readers = shells_of(by, host)
        meant = one.construct.name in _MEANT and readers == ("dash",)
        gone = remaining is not None and _works(one, readers) and one.text not in remaining
        twice = any(one.construct is other.construct or one.text == other.text for other, _ in told)
        if readers and not meant and not gone and not twice:
            told.append((one, readers))
    refused = [pair for pair in told if pair[0].depth == 0 and pair[0].construct.outcome(pair[1][0]) == "refused"]
    for one, readers in (refused or told)[:_MOST]:
        yield _sentence(one, readers, script=script)


def refused_by_bash(text: str, interpreter: str) -> str:
    """An extended pattern that bash itself refuses in the text of ``-c``; empty where there is none, or another shell."""
    if interpreter.rpartition("/")[2] != "bash":
        return ""
    return next(
        (_shown(one.text) for one in read_dialect(text) if one.construct.name == "extglob" and not one.depth), ""
    )


def _works(one: Found, readers: Sequence[Shell]) -> bool:
    return all(one.construct.outcome(shell) == "works" for shell in readers)


def _sentence(one: Found, readers: Sequence[Shell], *, script: bool) -> str:
    construct, shown = one.construct, _shown(one.text)
    if {construct.dash, construct.bash, construct.ash} == {"refused"} or construct.name == "a function's name":
        return f"`{shown}`: every shell called as sh refuses the text (syntax error){_come(one, 'refused', script=script)}."
    if _works(one, readers):
        host = " or ".join(NAMES[shell] for shell in readers)
        return (
            f"`{shown}` is bash's own: /bin/sh of this host is {host}, and it works there; {_WHERE} "
            f"{construct.clause('dash')}. Have the image's bash read it, or mend it."
        )
    bad: Shell = next(shell for shell in readers if construct.outcome(shell) != "works")
    if len(readers) > 1:
        name = _WHERE if bad == "dash" else f"{NAMES[bad]}, where that is /bin/sh,"
    else:
        name = f"{NAMES[bad]}, /bin/sh of this host,"
    return (
        f"`{shown}` is bash's own: {name} {construct.clause(bad)}{_come(one, construct.outcome(bad), script=script)}."
    )


def _come(one: Found, outcome: Outcome, *, script: bool) -> str:
    """What came of it for the job, as the end of a sentence."""
    if outcome == "refused":
        what = "that text" if one.depth else "nothing from that line on" if script else "the job"
        return f"; {what} has {'ever' if script and not one.depth else 'never'} run"
    if outcome == "ends":
        return ", of this part" if one.contained else "; neither this command nor what stands behind it has ever run"
    if outcome != "fails" or not one.behind:
        return ""
    runs = (one.behind == "&&") == one.negated
    if one.behind in ("&&", "||"):
        return f"; what stands behind `{one.behind}` {'has always run' if runs else 'has never run'}"
    if one.behind in ("if", "elif"):
        return f"; the branch behind `then` has {'always' if one.negated else 'never'} run"
    return "; the loop has never run" if (one.behind == "while") != one.negated else ""


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 2] + ".."
