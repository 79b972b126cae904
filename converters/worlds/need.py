"""A need as a value, and all that a text needs."""

from __future__ import annotations

from typing import NamedTuple

FOUND_BY = "found by "
"""How the note of a program begins that another one finds: among the gems of a Gemfile, in node_modules, in a virtualenv."""
DECIDED = "decided by the host's files"
"""The note of what a test asked for that is gone from the text."""


class Need(NamedTuple):
    """One thing that a command meets, or does not.

    ``kind``     program, file, service, host (another machine), part (of this host), mail, login, terminal, display, metadata
                 (of an EC2 instance), schedule (of the program's own), background (work that goes on after it), endless, user,
                 shell (text that cannot be read), keys, task (of a framework), action (of a script that steers),
                 product (what a program leaves beside the files that its words name: `gzip F` leaves F.gz),
                 fetched (a program that it fetches and runs), remains (of a request: its answer, as a file),
                 zone data (for a zone that the text names)
    ``role``     runs, reads, searches, enters, writes, appends, edits, makes, deletes, mirrors, moves, asks, steers;
                 names (handed to a program that nobody knows), sends (a file of its own, to another machine)
    ``start``, ``end``  where in the text it stands; of an inner shell's text, where that text stands
    ``by``       the program that needs it; ``origin`` is ``text``, or the path of the script it stands in
    ``test``     it is only asked for: the command's status decides what runs, nothing is made of it
    ``note``     what a person should know of it: one clause, or empty
    """

    kind: str
    subject: str
    role: str
    start: int
    end: int
    by: str
    origin: str = "text"
    test: bool = False
    note: str = ""

    @property
    def is_only_asked(self) -> bool:
        """Whether the job does without it. A program that is run to be asked (`curl -f X && JOB`) has to be there."""
        return self.test and not (self.kind == "program" and self.role == "runs")


GIVEN = "given by an option"
"""The note of a file that tells a program how it works: no part of what it saves or sends."""
LIMITED = "limited"
"""The note of what never ends, where the job has a time limit."""
ASKS_LOGIN = "login"
"""The note of a need for a terminal at which only a password is asked for."""
WRITTEN = "written"


class Ending(NamedTuple):
    """How the whole can end with a status that is no failure: ``statuses`` of ``by``, and why. ``decides``: ``last`` (the text
    ends with it), ``guard`` (a run that it skips does), or ``WRITTEN`` where ecs.yml says the test as an ``if``."""

    by: str
    statuses: tuple[int, ...]
    why: str
    decides: str


class Needs(NamedTuple):
    """All that a text needs, the programs of its calls in order, and the endings that are no failure. ``start`` is what makes
    it matter in which directory it begins: a relative path, or a program that looks around there. ``held`` says that the
    image is known to hold it all: the line itself names the image that it ran in."""

    needs: tuple[Need, ...]
    endings: tuple[Ending, ...]
    programs: tuple[str, ...]
    unreadable: str = ""
    start: str = ""
    held: bool = False
