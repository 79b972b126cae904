"""Opening quotes: the text inside ``sh -c '..'`` becomes the next layer."""

from __future__ import annotations

from converters.commands.idioms.peeling import Kept, Layer, Peeling, sole_command
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.words import Simple, Word


def open_layer(peeling: Peeling, kind: str, simple: Simple, text: Word, interpreter: tuple[str, ...]) -> None:
    """Take the words before ``text`` and go on inside it. Only where the command is all that is left, and the inner text
    is certain: a variable in double quotes is certain when its known value is plain, for then it means the same inside."""
    if sole_command(peeling.script) is not simple or simple.redirects or simple.assignments:
        raise Kept("other text stands beside it")
    inner = text.reopened(peeling.variables())
    if inner is None:
        raise Kept("the outer shell changes its text when it runs")
    try:
        script = parse(inner)
    except Unparsable:
        raise Kept("the text inside it cannot be read") from None
    if not script.statements:
        raise Kept("there is nothing in it")
    after = simple.words[-1]
    spans = [(simple.words[0].start, text.start)]
    if after is not text:
        spans.append((text.end, after.end))
    peeling.take(kind, *spans)
    peeling.layer.written = peeling.layer.remaining()
    peeling.layers.append(Layer(inner, script, interpreter))


def user_shell(peeling: Peeling) -> str:
    """What ``flock -c`` runs: ``$SHELL``, which cron always sets."""
    return peeling.variables().get("SHELL", "/bin/sh")
