"""What each job needs and what becomes of it: `converters.worlds` asked with what the scan knows."""

from __future__ import annotations

import re
from dataclasses import replace

from converters.commands.work import Work
from converters.findings.codes import OF_IMAGE, Finding
from converters.hosts.facts import NOBODY_LOOKED, Host
from converters.hosts.packages import Owner
from converters.images.facts import Image
from converters.specs.making import environment
from converters.tables.crontab import Entry
from converters.worlds.answer import Worlds
from converters.worlds.fates import Effect, effect_of
from converters.worlds.hosts import at_boot, of_package, without_work
from converters.worlds.jobs import Read, application_of, needs_of_job, shipped_of
from converters.worlds.need import Needs
from converters.worlds.starting import of_first, of_own_user, of_start
from converters.worlds.users import image_user, user_written
from converters.worlds.writing import of_crlf, of_writing
from converters.worlds.zone_data import ZONE_DATA

NEEDS_SAY = frozenset({"C463", "C466", "C470", "C471", "C472", "C473", "C475", "C476", "C477", "C478", "C479"})
"""What the command's text alone guesses at, and its needs know: of every construct, with an answer and what that rests on.
C470, a path that the image must hold, is one list of all jobs since C494."""
_NAMED = re.compile(r"`([^`]+)`")


class Effects:
    """Works an effect out once for each distinct command and home; a fleet has far fewer of both than lines."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Effect] = {}
        self._works: list[Work] = []  # keeps the ids above alive

    def of(
        self,
        entry: Entry,
        work: Work,
        user: str | None = None,
        image: Image | None = None,
        host: Host = NOBODY_LOOKED,
        home: str | None = None,
        zone: str = "UTC",
        ran: frozenset[str] = frozenset(),
    ) -> Effect:
        """The effect of one entry, in the image that was read for it. ``host`` is the same value for all of one host; ``home``
        is where cron starts the job, ``zone`` the one that its clock shows; ``ran`` are programs that were started when it was
        tried."""
        # The home is part of it: `~` and relative paths mean another file for another user.
        name = image.name if image is not None else ""
        key = id(work), entry.environment.get("HOME"), name, user, id(host), home, zone, ran
        if key not in self._known:
            self._works.append(work)
            self._known[key] = _effect(entry, work, user, image, host, home, zone, ran)
        return self._known[key]


def started(work: Work, effect: Effect, home: str | None) -> Work:
    """The work with the directory where cron starts it, where something counts from there and the text does not leave it."""
    if home is None or not effect.start or work.understanding.working_directory is not None:
        return work
    message = f"`{effect.start}` counts from the home directory, where cron starts a job; the container starts in `{home}` too."
    told = any(one.code == "C456" for one in work.findings)
    findings = work.findings if told else (*work.findings, Finding("C456", work.hide(message)))
    return replace(work, start=home, findings=findings)


def owned(work: Work, effect: Effect, image: Image | None) -> Work:
    """The work with its user's name, where the image knows it and runs as another by itself."""
    user = user_written(effect.answers, image)
    return work if user is None else replace(work, user=user)


def _effect(
    entry: Entry,
    work: Work,
    user: str | None,
    image: Image | None,
    host: Host,
    home: str | None,
    zone: str,
    ran: frozenset[str],
) -> Effect:
    found = work.understanding
    decided = (one.text for one in work.tests if one.holds is not None)
    scripts = _scripts(work)
    needs = needs_of_job(found, entry.environment, scripts, decided, home, user)
    worlds = Worlds(
        host=host,
        image=image,
        application=application_of(found, needs),
        shipped=shipped_of(needs.needs),
        variables=entry.environment,
        started=ran,
        read=frozenset(one.path for one in scripts if one.language == "shell"),
    )
    return _hidden(effect_of(needs, worlds, notes=_of_start(work, user, image, needs, zone)), work)


def _of_start(work: Work, user: str | None, image: Image | None, needs: Needs, zone: str) -> tuple[Finding, ...]:
    """What stands against a start in the image that was read."""
    if image is None:
        return ()
    found = work.understanding
    shell = found.interpreter[0] if found.argv is None and found.interpreter else None
    directory = found.working_directory
    # Whom the line names may be another one than the image's own; the table's user is a need of its own (C426).
    own = (found.user or (user if user != "root" else None)) in (None, image_user(image))
    # A zone that the line names itself is a need of its own.
    named = {one.subject for one in needs.needs if one.kind == ZONE_DATA}
    given = {name: value for name, value in environment(work, zone).items() if name != "TZ" or value not in named}
    return (
        *of_start(image, shell=shell, user=found.user, directory=directory, variables=given),
        *of_first(image, found.argv, directory),
        *(of_own_user(image, needs.needs, directory) if own else ()),
        *of_writing(image, needs.needs, own=own),
        *of_crlf(image, needs.needs),
    )


def of_host(
    effect: Effect,
    work: Work,
    lacks: Finding | None,
    owner: tuple[str, Owner] | None,
    *,
    boot: bool = False,
    groups: Finding | None = None,
) -> Effect:
    """The effect with what only the host's own files tell: who owns the job, whether it has a user and ever runs there;
    ``boot``: it starts with the machine; ``groups``: what its user reads there as a member of a group alone."""
    effect = _of_text(_of_tests(effect, work), work)
    if boot:
        effect = at_boot(effect)
    if groups is not None and effect.fate in ("move", "decide"):
        reasons = (*effect.reasons, groups.message)
        findings = (*effect.findings, Finding(groups.code, work.hide(groups.message)))
        effect = replace(effect, fate="decide", reasons=reasons, findings=findings, proof="open")
    if owner is not None:
        effect = of_package(effect, *owner)
    if work.never:
        effect = without_work(effect, work.hide(work.never))
    if lacks is not None:
        effect = without_work(effect, lacks.message, lacks)
    return effect


def _of_tests(effect: Effect, work: Work) -> Effect:
    """A test that nobody can answer here decides what the job does: a question, where nothing else keeps it."""
    questions = tuple(work.hide(f"`{one.text}` asks about the host.") for one in work.tests if one.holds is None)
    if not questions or effect.fate != "move":
        return effect
    return replace(effect, fate="decide", reasons=questions, proof="open")


# What a job says of itself that has never run; moved as it is meant, it would run for the first time.
_NEVER = re.compile(r"\b(?:job|command|it) has never (?:run|done)\b", re.I)


def _of_text(effect: Effect, work: Work) -> Effect:
    """What the text alone makes a question: an address of this machine in words that no table knows (`app
    --db-host=localhost`, `node -e ..`), where nobody answers in a container, whatever asks; and a job that has never run."""
    told = tuple(work.hide(one.message) for one in work.findings if one.code == "C472" or _NEVER.search(one.message))
    if not told or effect.fate != "move":
        return effect
    return replace(effect, fate="decide", reasons=(*effect.reasons, *told), proof="open")


def _hidden(effect: Effect, work: Work) -> Effect:
    """The effect without the job's secrets, which stand in the words of its command."""
    if not work.secrets:
        return effect
    return replace(
        effect,
        reasons=tuple(map(work.hide, effect.reasons)),
        findings=tuple(Finding(one.code, work.hide(one.message)) for one in effect.findings),
        open_image=tuple(map(work.hide, effect.open_image)),
    )


def _scripts(work: Work) -> tuple[Read, ...]:
    read = (*([work.script] if work.script is not None else ()), *work.further)
    return tuple(Read(one.path, one.whole, one.language) for one in read if one.text)


def kept_findings(work: Work, effect: Effect) -> tuple[Finding, ...]:
    """The findings of the command's text and of its needs as one list: nothing is said twice of one thing. Of a job that does
    not move nobody asks what its container would lack."""
    told, known = {one.code for one in work.findings}, {one.code for one in effect.findings}
    if effect.fate != "decide" and [one.code for one in effect.findings] == ["C482"]:
        # A package's own job goes or stays with it: how its pipes end is its maintainer's business. A secret is still one.
        return (*(one for one in work.findings if one.code in ("C480", "C481")), *effect.findings)
    subjects = {name for one in effect.findings if one.code != OF_IMAGE for name in _NAMED.findall(one.message)}
    aside = effect.fate in ("stay", "drop")
    # Made and used by the same run: nothing of it is for the next one.
    passing = {one.need.subject for one in effect.answers if one.need.kind == "file" and one.need.role == "sends"}
    mounted = {_NAMED.findall(one.message)[1] for one in effect.findings if one.code == "C428"}

    written = [name for one in work.findings if one.code == "C421" for name in _NAMED.findall(one.message)]

    def guessed(one: Finding) -> bool:
        if one.code == "C477" and any(out.startswith(name) for name in _NAMED.findall(one.message) for out in written):
            return True  # what is lost there is the output, and that is told
        if one.code == "C421":
            # On a file system of the network nothing is gone with the task.
            return not (mounted | passing).isdisjoint(_NAMED.findall(one.message))
        if one.code == "C477" and not passing.isdisjoint(_NAMED.findall(one.message)):
            return True
        if one.code not in NEEDS_SAY:
            return aside and one.code == "C462"
        return aside or one.code in known or one.code == "C470" or not subjects.isdisjoint(_NAMED.findall(one.message))

    sourced = {name for one in work.findings if one.code == "C452" for name in _NAMED.findall(one.message)}

    def said(one: Finding) -> bool:
        """Whether another finding tells of the same cause: a file of settings, a `%` that cuts a quote in two."""
        if one.code == "C486":
            return not sourced.isdisjoint(_NAMED.findall(one.message)[1:])
        return one.code == "C459" and "C444" in told

    return tuple(
        one
        for one in (
            *(one for one in work.findings if not guessed(one)),
            *(one for one in effect.findings if one.code in NEEDS_SAY or one.code not in told),
        )
        if not said(one)
    )
