"""What the image's ``sh`` will make of a text: its constructs as needs, and the answer by the shell that the image has."""

from __future__ import annotations

from collections.abc import Iterator

from converters.commands.command import Understanding
from converters.commands.dialects.constructs import CONSTRUCTS
from converters.commands.dialects.reading import read_dialect
from converters.commands.dialects.saying import NAMES
from converters.schedules.date_output import Shell
from converters.secrets.search import excerpt
from converters.worlds.facts import Image
from converters.worlds.need import Need

_SHELLS: dict[str, Shell] = {"dash": "dash", "bash": "bash", "busybox": "ash", "ash": "ash", "toybox": "dash"}


def dialect_needs(found: Understanding) -> Iterator[Need]:
    """What the text of the container asks of its ``sh`` beyond what all shells do."""
    if found.argv is not None or found.interpreter[0].rpartition("/")[2] != "sh":
        return
    for one in read_dialect(found.remaining, found.environment):
        if not one.shell:
            yield Need("dialect", one.construct.name, "asks", one.start, one.end, "sh", note=excerpt(one.text, 60))


def shell_of(image: Image | None) -> Shell | None:
    """The shell that runs as ``sh`` in an image that was read; ``None`` where nobody looked, or it is none that is known."""
    name = image.shells.get("sh", "") if image is not None else ""
    return _SHELLS.get(name.rpartition("/")[2])


def dialect_message(need: Need, image: str, shell: Shell) -> str:
    """What the image's shell does with it, or nothing where it reads it as bash does."""
    construct = CONSTRUCTS[need.subject]
    if construct.outcome(shell) == "works":
        return ""
    return f"`{need.note}`: {NAMES[shell]}, the sh of the image {image}, {construct.clause(shell)}."
