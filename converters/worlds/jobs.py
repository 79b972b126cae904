"""One job -> its needs and its effect: what is left of its command after peeling, and the scripts of it that were read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from converters.commands.command import Understanding
from converters.commands.containers.wish import Container
from converters.commands.endless import endless_loops
from converters.commands.idioms.code import Language
from converters.commands.skipping import skips_succeed
from converters.commands.waiting import waits_for_all
from converters.worlds.code import needs_of_script
from converters.worlds.containers import needs_inside
from converters.worlds.need import DECIDED, LIMITED, WRITTEN, Need, Needs
from converters.worlds.needs import needs_of, needs_of_words
from converters.worlds.places import ROOTS, is_log, place_of
from converters.worlds.shells import dialect_needs
from converters.worlds.users import user_needs
from converters.worlds.variables import reads_variables, told_by_variables
from converters.worlds.zone_data import zones_named

# Directories in which an application keeps its programs: its own directory is the one above.
_INNER = frozenset(
    {"bin", "sbin", "script", "scripts", "cron", "cronjobs", "tasks", "jobs", "cli", "console", "current"}
)


class Read(NamedTuple):
    """A script that was read: its path, its text with what it reads in, and who reads it."""

    path: str
    text: str
    language: Language = "shell"


def needs_of_job(
    found: Understanding,
    known: Mapping[str, str],
    scripts: Iterable[Read] = (),
    tests: Iterable[str] = (),
    home: str | None = None,
    user: str | None = None,
) -> Needs:
    """What the job needs: by its own text, and by the scripts it starts as far as they were read. ``tests`` are
    those that its host's files decided: gone from the text, they still tell whom the job serves. ``home`` is where cron
    starts it, where that is known; ``user`` whose job it is by its table or its place."""
    if found.container is not None:
        return _in_container(found, found.container)
    # cron sets HOME to where it starts the job (crontab(5)); another user's is another one.
    own_home = {"HOME": home} if home is not None and found.user is None else {}
    variables = {**own_home, **known, **found.environment}
    moved = found.working_directory is not None
    directory = found.working_directory if moved else home
    if found.argv is not None:
        needs = needs_of_words(found.argv, directory=directory, known=variables, moved=moved)
    else:
        needs = _of_text(waits_for_all(found.remaining), directory, variables, moved=moved)
    entered = found.working_directory or ""
    begins = entered.startswith("/") and place_of(entered).kind in ("data", "home") and entered not in ROOTS
    if begins and any(one.kind == "directory" for one in found.wrappers):
        # `cd D && JOB` ran nothing where D was missing; a container's workingDirectory is made, and the job runs there.
        needs = needs._replace(needs=(*needs.needs, Need("file", entered, "enters", 0, 0, "cd")))
    zone = zones_named(f"TZ={found.environment.get('TZ', '')}")
    own = (*dialect_needs(found), *user_needs(user, found.user), *zone, *_named_by_variables(found, needs))
    needs = needs._replace(needs=(*needs.needs, *own))
    if any(map(reads_variables, needs.programs)):
        needs = needs._replace(needs=(*needs.needs, *told_by_variables({**known, **found.environment})))
    for script in scripts:
        of_script = needs_of_script(script.text, script.language, script.path, directory, variables, moved=moved)
        if script.language == "shell":
            of_script = _of_whole(of_script, script.text, script.path)
        needs = _joined(needs, of_script)
    asked = [one for text in tests for one in needs_of(text).needs if one.role == "asks" and one.test]
    if found.timeout is not None:
        needs = needs._replace(
            needs=tuple(one._replace(note=LIMITED) if one.kind == "endless" else one for one in needs.needs)
        )
    start = needs.start or ("" if moved or "PWD" not in found.reads else "$PWD")
    return needs._replace(needs=(*needs.needs, *(one._replace(note=DECIDED) for one in asked)), start=start)


def _of_text(text: str, directory: str | None, variables: Mapping[str, str], *, moved: bool) -> Needs:
    """The needs of a shell's text, and how it ends as it is written into ecs.yml: there a test in front of the job is an `if`,
    whose "no" ends with 0. To call its 1 a success would hide the job's own."""
    needs = _of_whole(needs_of(text, directory=directory, known=variables, moved=moved), text)
    written = skips_succeed(text)
    if not needs.endings or written == text:
        return needs
    left = needs_of(written, directory=directory, known=variables, moved=moved).endings
    skipped = (one._replace(decides=WRITTEN) for one in needs.endings if one not in left and one.decides != "last")
    return needs._replace(endings=(*left, *skipped))


# They name where programs are found or may write, which is the image's business.
_PLACES_OF_PROGRAMS = re.compile(
    r"(?:^|_)(?:PATH|HOME|ROOT|DIRS?|PREFIX|PWD|LOGS?|LOGFILE|PIDFILE|GEMFILE|SHELL|ENV|BIN)$|^TZ|TMP|VENV"
)


def _named_by_variables(found: Understanding, needs: Needs) -> Iterator[Need]:
    """Files that the line hands to its program by a variable in front of it: `FILE=/srv/in/a.csv app`."""
    for name, value in found.environment.items():
        named = value.startswith("/") and ":" not in value and not _PLACES_OF_PROGRAMS.search(name)
        if named and needs.programs and place_of(value).kind in ("data", "home") and not is_log(value):
            yield Need("file", value, "names", 0, 0, needs.programs[0])


def _of_whole(needs: Needs, text: str, origin: str = "text") -> Needs:
    """The needs with those that are no single call's: loops that run until somebody ends them, zones that the text names."""
    loops = (Need("endless", one, "runs", 0, 0, one, origin) for one in endless_loops(text))
    return needs._replace(needs=(*needs.needs, *loops, *zones_named(text, origin)))


def _in_container(found: Understanding, container: Container) -> Needs:
    """What a job needs whose container the line itself starts, or works in: nothing of its text is the host's."""
    directory, variables = found.working_directory, found.environment
    if found.argv is not None:
        inner = needs_of_words(found.argv, directory=directory, known=variables, moved=True)
    else:
        inner = _of_text(waits_for_all(found.remaining), directory, variables, moved=True)
    return needs_inside(inner, needs_of(container.beside, moved=True), container)


def _joined(outer: Needs, inner: Needs) -> Needs:
    seen = {(one.kind, one.subject, one.role) for one in outer.needs}
    more = tuple(one for one in inner.needs if (one.kind, one.subject, one.role) not in seen)
    return Needs(
        (*outer.needs, *more),
        outer.endings,
        (*outer.programs, *inner.programs),
        outer.unreadable,
        outer.start or inner.start,
    )


def application_of(found: Understanding, needs: Needs) -> tuple[str, ...]:
    """The directories that the image is built from: where the job works, and where the scripts lie that it starts."""
    places: list[str] = []
    # What lies in /tmp no image brings.
    if found.working_directory is not None and place_of(found.working_directory).kind != "scratch":
        places.append(_root(found.working_directory))
    for need in needs.needs:
        own = need.role == "runs" and "/" in need.subject and not need.test
        if own and place_of(need.subject).kind in ("data", "home"):
            places.append(_root(posixpath.dirname(need.subject)))
    return tuple(
        dict.fromkeys(place for place in places if place not in ROOTS and place not in ("/home", "/srv", "~", ""))
    )


def _root(directory: str) -> str:
    while posixpath.basename(directory) in _INNER:
        directory = posixpath.dirname(directory)
    return directory


def shipped_of(needs: Iterable[Need]) -> frozenset[str]:
    """Files that the job makes and then sends away: their loss with the task's disk is no loss."""
    return frozenset(one.subject for one in needs if one.kind == "file" and one.role == "sends")
