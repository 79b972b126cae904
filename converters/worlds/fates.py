"""The answers of a job -> its fate: move, decide, stay or drop, with the reasons, and how far the effect is proven."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from converters.commands.shell.program_names import known_as
from converters.findings.codes import OF_IMAGE, Finding
from converters.findings.few import few
from converters.programs.catalogue import program
from converters.worlds.answer import Answer, Fate, Worlds
from converters.worlds.answers import answer
from converters.worlds.little import LOAD, does_little, of_load
from converters.worlds.need import WRITTEN, Ending, Need, Needs
from converters.worlds.places import is_lock, is_log, place_of
from converters.worlds.requests import ANSWERED, TOLD

Proof = Literal["proven", "accepted", "open"]

# Programs that only ask, speak, wait or wrap: beside them the others decide what a job is for.
_BESIDE = frozenset(
    [
        "echo",
        "printf",
        "true",
        "false",
        "test",
        "[",
        "sleep",
        "date",
        "logger",
        "mail",
        "mailx",
        "sendmail",
        "tee",
        "grep",
        "egrep",
        "fgrep",
        "sudo",
        "nice",
        "ionice",
        "timeout",
        "flock",
        "env",
        "chronic",
        "sh",
        "bash",
        "dash",
        "xargs",
        "cat",
        "head",
        "tail",
        "cut",
        "sort",
        "uniq",
        "wc",
        "awk",
        "sed",
        "tr",
        "seq",
        "expr",
        "basename",
        "dirname",
        "pgrep",
        "pidof",
        "ps",
        "which",
        "whoami",
        "id",
        "hostname",
        "uname",
        "curl",
        "wget",
        "su",
        "runuser",
        "nohup",
        "stdbuf",
        "setsid",
        "find",
        "ls",
        "stat",
        "readlink",
        "touch",
        "mkdir",
        "cd",
        "kill",
        "pkill",
        "killall",
        "export",
        "mktemp",
        "chown",
        "chmod",
        "ping",
        "nc",
    ]
)
# Debian Policy 9.5: a package's cron job has to be quiet once the package is removed, so it tests for its program first.
# A guard of a package job tests for its own program, below /usr or /etc/init.d.
_PACKAGED = re.compile(r"/(?:usr/)?(?:s?bin|lib|libexec|share)/|/etc/init\.d/")


_SYSTEMD = "/run/systemd/system"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a job's needs make of it. ``open_image`` are the programs and files that the image must hold and nobody has
    looked for; ``endings`` are statuses that are no failure; ``start`` is what counts from the directory where it begins."""

    fate: Fate
    reasons: tuple[str, ...]
    answers: tuple[Answer, ...]
    endings: tuple[Ending, ...]
    findings: tuple[Finding, ...]
    proof: Proof
    open_image: tuple[str, ...]
    start: str = ""


def effect_of(needs: Needs, worlds: Worlds, *, notes: tuple[Finding, ...] = ()) -> Effect:
    """The effect of a job. ``notes`` are what else stands against it in the image that was read."""
    answers = tuple(answer(need, worlds) for need in needs.needs)
    fate, reasons = _fate(answers, needs)
    open_image = tuple(dict.fromkeys(one.need.subject for one in answers if one.image and not one.need.is_only_asked))
    findings = (
        *_findings(answers, fate, reasons),
        *_of_endings(needs.endings),
        *(_of_image(open_image, fate, worlds) if not needs.held else ()),
        *notes,
    )
    proof = "open" if notes else _proof(answers, fate)
    left = tuple(one for one in needs.endings if one.decides != WRITTEN)
    return Effect(fate, reasons, answers, left, findings, proof, open_image, needs.start)


def _fate(answers: tuple[Answer, ...], needs: Needs) -> tuple[Fate, tuple[str, ...]]:
    """The one fate of all answers: what stays stays; what is only care of a host that goes is dropped; then questions."""
    guarded = _own_package(needs)
    if guarded:
        return _of_package(answers, guarded)
    if (little := does_little(needs)) is not None:
        return little
    # A test of something that would stay decides only whether the rest runs.
    weighty = [one for one in answers if not (one.need.test and one.fate in ("stay", "drop"))]
    if any(name not in _BESIDE and name not in LOAD for name in needs.programs):
        weighty = [of_load(one) for one in weighty]
    drops = [one for one in answers if one.fate == "drop" and (not one.need.test or one.need.role != "asks")]
    if drops and not _works(weighty, needs):
        return "drop", _reasons(drops)
    # Beside work it clears its own.
    drops = [one for one in drops if place_of(one.need.subject).kind != "scratch" and not is_lock(one.need.subject)]
    stays = [one for one in weighty if one.fate == "stay"]
    decides = [one for one in weighty if one.fate == "decide"]
    # What stays outweighs every question: a job that cannot move has nothing to be asked.
    if stays:
        return "stay", _reasons(stays)
    return ("decide", _reasons([*decides, *drops])) if decides or drops else ("move", ())


def _works(answers: list[Answer], needs: Needs) -> bool:
    """Whether something beside the care of the host is done: a program that acts on its own account."""
    caring = {one.need.by.partition(" ")[0] for one in answers if one.fate == "drop"}
    acting = [name for name in needs.programs if name not in _BESIDE and name not in caring]
    drops = [one for one in answers if one.fate == "drop"]
    if acting or _requests(answers, drops) or any(_is_own(one, drops) for one in answers):
        return True
    cares = {(one.need.kind, one.need.subject) for one in answers if one.fate == "drop"}
    calls = {one.need.by for one in answers if one.fate == "drop"}
    # `docker run X && docker rmi X`: the call that tidies up is of the program that does the work, too.
    if any(one.fate == "decide" and one.need.role == "steers" and one.need.by not in calls for one in answers):
        return True
    return any(
        one.fate in ("stay", "decide")
        and one.need.by.partition(" ")[0] not in caring
        and (one.need.kind, one.need.subject) not in cares
        and one.need.kind != "mail"
        and not one.need.test
        and one.need.role != "searches"
        for one in answers
    )


def _requests(answers: list[Answer], drops: list[Answer]) -> bool:
    """Whether another machine is made to do something. Where the answer is asked for, that is work where all else is clearing:
    nobody asks a web site before temporary files may go."""
    if any(one.need.kind == "fetched" for one in drops):
        return False  # `curl URL | sh`: what it asks for is what it runs
    clears = all(one.need.kind == "file" for one in drops)
    idle = {TOLD} if clears else {TOLD, ANSWERED}
    asked = [one.need for one in answers if one.need.kind == "host" and one.need.by in ("curl", "wget", "nc")]
    return any(one.note not in idle and not (one.by == "nc" and one.test) for one in asked)


# What is destroyed is the work, whatever else the same program clears: `rm -rf /tmp/x /srv/y`.
_DESTROYS = frozenset({"deletes", "mirrors", "moves"})
_MAKES = frozenset({"writes", "edits", "appends"})


def _is_own(one: Answer, drops: list[Answer]) -> bool:
    """Whether a file is worked with, or a script run, beside what is cared for."""
    need = one.need
    if need.kind != "file" or need.test or one.fate == "drop":
        return False
    if need.role == "runs":
        # `bash ctl.sh restart`: what the script is told is the care.
        return need.subject.rpartition("/")[2] not in {drop.need.by.partition(" ")[0] for drop in drops}
    if one.fate not in ("stay", "decide"):
        return False
    if need.role == "reads" and place_of(need.subject).kind == "scratch":
        return not is_log(need.subject)
    # `mv app.log /backup/app.log`: one care.
    elsewhere = (need.start, need.end) not in {(drop.need.start, drop.need.end) for drop in drops}
    return need.role in _DESTROYS or (need.role in _MAKES and elsewhere)


def _own_package(needs: Needs) -> str:
    """The program of a package that the line tests for before it runs it (Debian Policy 9.5), or nothing."""
    # What a test runs is not looked for: `/usr/bin/pgrep -f x || x` asks for x.
    looked = [one for one in needs.needs if one.test and one.role != "runs"]
    asked = {one.subject for one in looked if one.kind == "file" and _PACKAGED.match(one.subject)}
    if any(one.test and one.subject.rstrip("/") == _SYSTEMD for one in needs.needs):
        # Where systemd runs these lines do nothing; the timer does.
        # Debian's packages leave their work to a timer where systemd runs (debhelper's cron.d idiom).
        return next((one.subject for one in needs.needs if one.role == "runs" and _PACKAGED.match(one.subject)), "")
    asked |= {one.subject for one in looked if one.kind == "program" and program(one.subject) is None}
    if not asked:
        return ""
    run = {one.subject for one in needs.needs if one.kind in ("program", "file") and one.role == "runs"}
    names = {path.rpartition("/")[2] for path in asked}
    for subject in run:
        if subject in asked or subject.rpartition("/")[2] in names:
            return subject
    return ""


def _of_package(answers: tuple[Answer, ...], path: str) -> tuple[Fate, tuple[str, ...]]:
    drops = [one for one in answers if one.fate == "drop"]
    known = program(known_as(path))
    if drops and (known is None or known.fate != "stay"):
        return "drop", _reasons(drops)
    return "stay", (f"It looks first whether `{path}` is installed, as a package's own job does: it serves this host.",)


def _reasons(answers: Iterable[Answer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.message for one in answers if one.message))


def _proof(answers: tuple[Answer, ...], fate: Fate) -> Proof:
    """Proven where all is met or changed by what was read; accepted where a word of the user stands for it."""
    if fate in ("stay", "drop"):
        return "open"
    counted = [one for one in answers if not one.need.is_only_asked and not _quiet(one)]
    if any(one.image or one.fate == "decide" for one in counted):
        return "open"
    return "accepted" if any(one.evidence == "user" for one in counted) else "proven"


def _quiet(one: Answer) -> bool:
    """Needs that only the run itself can answer, and nobody is asked about: a reachable address, a file where it is there."""
    return one.answer == "unknown" and not one.image and one.fate == "move"


def _findings(answers: tuple[Answer, ...], fate: Fate, reasons: tuple[str, ...]) -> Iterable[Finding]:
    """One finding for each code and sentence. A fate that no single answer gives is told by its own reason."""
    seen = set()
    if fate in ("stay", "drop") and not {one.message for one in answers if one.code} & set(reasons):
        yield Finding("C479", reasons[0])
    for one in answers:
        if fate in ("stay", "drop") and one.fate == "decide":
            continue  # it does not move, so what its container would lack is nobody's question
        if one.code and (one.code, one.message) not in seen and not (one.need.test and one.fate != "decide"):
            seen.add((one.code, one.message))
            yield Finding(one.code, one.message)


_SHOWN = 12


def _of_image(subjects: tuple[str, ...], fate: Fate, worlds: Worlds) -> Iterable[Finding]:
    """What nobody has looked for in an image. Each job has its own list; all of them are asked about once."""
    if fate not in ("move", "decide") or (worlds.image is not None and not subjects):
        return
    names = few([f"`{one}`" for one in subjects], _SHOWN) or "what its shell does by itself"
    yield Finding(OF_IMAGE, f"The image must hold {names}; nobody has looked into it.")


def _of_endings(endings: Iterable[Ending]) -> Iterable[Finding]:
    for one in endings:
        statuses = ", ".join(map(str, one.statuses))
        if one.decides == WRITTEN:
            yield Finding(
                "C434",
                f"A run that `{one.by}` skips ended with status {statuses}, of which cron told nobody; ecs.yml writes the test "
                "as `if …; then …; fi`, so that a skipped run is no failed one.",
            )
            continue
        where = "the job ends with it" if one.decides == "last" else "a run that it skips ends with it"
        # A test of `$?` in the text serves where 1 alone is meant; rsync's 24 it would turn into a failure.
        test = ", or `; [ $? -le 1 ]`" if one.statuses == (1,) else ""
        yield Finding(
            "C488",
            f"`{one.by}` ends with status {statuses} where {one.why}; {where}, and on AWS a status other than 0 is a failed "
            f"run. Write `success: [0, {statuses}]`{test}.",
        )


def all_open(effects: Iterable[Effect]) -> Mapping[str, int]:
    """What the image must hold for all jobs together, with the number of jobs that need it."""
    counted: dict[str, int] = {}
    for effect in effects:
        if effect.fate in ("move", "decide"):
            for subject in effect.open_image:
                counted[subject] = counted.get(subject, 0) + 1
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


__all__ = ["Effect", "Need", "Proof", "all_open", "effect_of"]
