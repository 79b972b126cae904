"""Answers about programs: by the facts of the image, by a word of the user, or by what a name and a place say."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from converters.commands.shell.program_names import known_as
from converters.images.facts import Image
from converters.programs.catalogue import program
from converters.worlds.answer import Answer, Worlds, stays
from converters.worlds.need import FOUND_BY, Need
from converters.worlds.senses import is_administrators, is_appliance, is_hosts_own, is_panels, sense_of

# `ENV[TOKEN]`, `<name>`, `{{ x }}`, `/path/to/`: to a shell a pattern or a redirection, to its author a blank form.
_PLACEHOLDER = re.compile(r"\w*\[[A-Z][A-Z_]{2,}\]|\{\{.*?\}\}|<[\w -]+>|/path/to/")
_SYSTEM = re.compile(r"/(?:usr/)?(?:s?bin|lib(?:exec|32|64)?|share)/")


def of_program(need: Need, worlds: Worlds) -> Answer:
    """The image must hold it: its facts say so, or the user; else nobody knows."""
    # A guard asks; whichever way the answer falls is part of the job.
    if need.test and need.role == "asks":
        return Answer(need, "unknown", "not looked")
    subject, image = need.subject, worlds.image
    # It ran: no list of files says more.
    if worlds.ran(subject):
        return Answer(need, "met", "tried")
    if image is not None:
        return _of_image(need, image, worlds)
    if worlds.promise.holds(subject):
        return Answer(need, "met", "user")
    return unread_program(need, worlds.read) or Answer(need, "unknown", "not looked", image=True)


def _of_image(need: Need, image: Image, worlds: Worlds) -> Answer:
    subject = need.subject
    if image.has_program(subject):
        return _read_in_image(need, worlds.read)
    if _at_run_time(subject):
        return unread_program(need) or Answer(need, "unknown", "not looked")
    why = image.why_not(subject)
    if not why and need.note.startswith(FOUND_BY):
        # Where the finder looks is not kept of an image: not there by PATH says nothing.
        held = worlds.promise.holds(subject)
        return Answer(need, "met", "user") if held else Answer(need, "unknown", "not looked", image=True)
    # Exec of a missing program as process 1 is CannotStartContainerError; in a shell's text it is 127.
    message = f"The image {image.name} has no `{subject}`: the task ends before it begins, or with 127."
    if why:
        message = f"`{subject}` is in the image {image.name} and cannot start: {why}."
    return Answer(need, "unmet", "image", "decide", "C487", message)


def _read_in_image(need: Need, read: frozenset[str]) -> Answer:
    # What lies in an image's own /etc or sbin was put there for the application.
    guess = None if is_hosts_own(need.subject) else unread_program(need, read)
    return Answer(need, "met", "image") if guess is None else guess._replace(image=False)


# The text of a script says what it starts, and seldom whom it serves.
_READ = "what its text needs is told beside this"
_UNREAD = "nobody has read it"


def unread_program(need: Need, read: frozenset[str] = frozenset()) -> Answer | None:
    """What can be said of a program that nobody knows, by its name and its place; ``read`` are scripts whose text was read."""
    subject = need.subject
    seen = _READ if subject in read else _UNREAD
    known = program(known_as(subject)) is not None
    # The name is known, and a system's path says which program is meant.
    if known and (subject.startswith(("/bin/", "/sbin/", "/usr/")) or "/" not in subject):
        return None
    if is_appliance(subject):
        return stays(need, f"`{subject}` is a part of the device that this host is.")
    if is_panels(subject) and not known:
        return stays(need, f"`{subject}` is a part of the panel that administers this host.")
    sense = sense_of(subject)
    if sense is not None and "$" not in subject:
        code = "C479" if sense.fate in ("stay", "drop") else "C493"
        message = f"By its name `{subject}` is about {sense.about}; {seen}, so decide what becomes of it."
        return Answer(need, "unknown", "text", sense.fate, code, message, image=True)
    if is_hosts_own(subject) and not known:
        message = f"`{subject}` lies where a host keeps what serves the host itself, and {seen}."
        return Answer(need, "unknown", "text", "stay", "C479", message, image=True)
    code, message = _strange(subject, seen, known=known)
    # What it is called when it runs, no list of files can be asked for.
    return Answer(need, "unknown", "text", "decide", code, message, image=not _at_run_time(subject)) if code else None


def _strange(subject: str, seen: str, *, known: bool) -> tuple[str, str]:
    """Code and sentence for a program of which not even the place says what it is for; empty where it does."""
    if placeholder := _PLACEHOLDER.search(subject):
        return "C457", f"`{subject}` has `{placeholder[0]}` in it, a place that somebody was to fill in."
    if _at_run_time(subject):
        printed = subject.startswith(("$(", "`"))
        why = ": another program prints it" if printed else "; a variable in it is not set here"
        return "C457", f"Which program `{subject}` is, is known only when it runs{why}."
    if is_administrators(subject):
        return "C493", f"`{subject}` lies where this host's administrator keeps scripts, and {seen}."
    if _SYSTEM.match(subject) or ("/" not in subject and not known):
        return "C493", f"Nobody here knows the program `{subject}`: does it serve this host, or can an image hold it?"
    if not subject.startswith("/"):
        return (
            "C456",
            f"`{subject}` is found from the directory where cron starts a job, a home that is not known here.",
        )
    return "", ""


def _at_run_time(subject: str) -> bool:
    return "$" in subject or "`" in subject


def of_fetched(need: Need, worlds: Worlds) -> Answer:
    """A program that is fetched anew for each run: nobody can have read it, and no image holds it."""
    sense = sense_of(urlsplit(need.subject).path)
    about = f"; by its name it is about {sense.about}" if sense is not None else ""
    message = (
        f"It runs what it fetches from {need.subject}, whatever that will be{about}. Put the program into the image."
    )
    code = "C479" if sense is not None and sense.fate in ("stay", "drop") else "C493"
    return Answer(need, "unknown", "text", sense.fate if sense is not None else "decide", code, message)
