"""What is said of a script that was read: how it keeps a second run out, how its lines end, whom of this machine it asks."""

from __future__ import annotations

from collections.abc import Iterator

from converters.commands.idioms.scripts import Script
from converters.findings.codes import Finding
from converters.findings.few import few

_CR = "\r\n"


def said_of_script(script: Script, interpreter: str, *, locked: bool) -> Iterator[Finding]:
    """``interpreter`` is what the command hands it to, or ``""`` where the kernel reads its first line; ``locked`` says that
    the job has a lock already."""
    path = script.path
    if script.locks and not locked:
        ways = few([f"`{one}`" for one in script.locks], 4)
        yield Finding(
            "C411",
            f"`{path}` keeps a second run out by {ways}; in a container, where every run has files and processes of its own, "
            "nothing does. Write `lock:` in ecs.yml if one run at a time is meant.",
        )
    if not script.shell:
        # A shell's own words say whom it asks; of other languages only the literals are known.
        for one in script.dependencies:
            if one.kind == "local service":
                yield Finding(
                    "C472",
                    f"`{path}` names `{one.name}`: in a container that is the container itself, where nobody answers. Give it "
                    "the real address.",
                )
    first = script.text.partition("\n")[0]
    if first.startswith("#!") and first.endswith("\r") and not interpreter:
        # execve(2): the interpreter's name ends at the newline, so the CR is a part of it.
        yield Finding(
            "C458",
            f"The first line of `{path}` ends with CR LF: the kernel looks for `{first[2:-1].strip()}\\r`, which is not there, "
            "so the job has never run. Save it with Unix line endings.",
        )
    elif script.shell and _CR in script.text:
        lines, ended = script.text.count("\n"), script.text.count(_CR)
        whose = "The lines" if lines == ended else f"{ended:,} of {lines:,} lines"
        yield Finding(
            "C458",
            f"{whose} of `{path}` end with CR LF: a shell takes each CR for a part of the last word, so commands are not "
            "found and values are wrong. Save it with Unix line endings.",
        )
