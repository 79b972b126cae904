"""From a command's text to the simple commands that name it, by the parse that all idioms share.

Guards, pauses, loops and wrappers are looked through: what remains is what the job does. Words are as the shell has them
before it expands anything but the table's own variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from converters.commands.shell.parse import Unparsable, parse, read_tree
from converters.commands.shell.syntax import Compound, Script
from converters.commands.shell.words import Simple, Word
from converters.secrets.search import is_secret_variable

_DEEPEST = 8
_PLAIN = re.compile(r"[\w./:@%+,=~ -]{1,120}")


@dataclass(frozen=True, slots=True)
class Said:
    """One simple command: its words without quotes, where its output goes, whether it feeds the next by a pipe, and what it
    sets in front (``A=1 x``)."""

    words: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    truncates: bool = False
    pipes: bool = False
    settings: tuple[str, ...] = ()


def said_in(text: str, variables: Mapping[str, str]) -> list[Said]:
    """Every simple command of a text, in its order; bodies of loops too. What no shell could read gives its words."""
    try:
        return list(_of_script(parse(text), variables, 0))
    except (Unparsable, RecursionError):
        return [_roughly(part) for part in re.split(r"[;\n|&]+", text)[:20] if part.split()]


def _roughly(text: str) -> Said:
    """Words and files of a piece of text that is no shell text as a whole, or of a redirection alone."""
    targets = re.findall(r"(?:^|\s)1?>>?\s*(\S+)", text)
    return Said(tuple(re.sub(r"(?:^|\s)\d?[<>]+&?\s*\S+", " ", text).split()), tuple(targets), ">>" not in text)


def _of_script(script: Script, variables: Mapping[str, str], depth: int) -> Iterator[Said]:
    for statement in script.statements:
        for pipeline in statement.pipelines:
            for at, command in enumerate(pipeline.commands):
                pipes = at < len(pipeline.commands) - 1
                if isinstance(command, Simple):
                    yield _said(command, variables, pipes=pipes)
                elif depth < _DEEPEST:
                    yield from _of_compound(script.text, command, variables, depth + 1)


def _of_compound(text: str, found: Compound, variables: Mapping[str, str], depth: int) -> Iterator[Said]:
    for body in found.bodies:
        yield from _of_script(body, variables, depth)
    if not found.bodies and not found.test:
        inside = _loop_body(text[found.start : found.end])
        if inside:
            yield from _of_script(parse(inside), variables, depth)


def _loop_body(text: str) -> str:
    """What stands between ``do`` and ``done``, or a function's braces."""
    nodes = list(read_tree(text).children)
    while nodes:
        node = nodes.pop(0)
        if node.type in ("do_group", "compound_statement"):
            inner = text.encode("utf-8", "surrogatepass")[node.start_byte : node.end_byte].decode("utf-8", "ignore")
            return re.sub(r"^(?:do\b|\{)|(?:\bdone|\})$", "", inner).strip(" ;\n")
        nodes[:0] = node.children
    return ""


def _said(command: Simple, variables: Mapping[str, str], *, pipes: bool) -> Said:
    out = [one for one in command.redirects if one.operator in (">", ">>", ">|", "&>", "&>>") and one.fd in (None, 1)]
    return Said(
        tuple(spoken(word, variables) for word in command.words),
        tuple(spoken(one.target, variables) for one in out),
        any(one.operator in (">", ">|") for one in out),
        pipes,
        # Where a program is found tells of no work.
        tuple(one.value for one in command.assignments if one.value and one.name != "PATH"),
    )


def spoken(word: Word, variables: Mapping[str, str]) -> str:
    """A word without quotes; variables of the table in it filled in where they are plain and no secret."""
    if word.value is not None:
        return word.value
    shown = []
    for kind, content in word.parts:
        if kind in ("text", "other"):
            shown.append(content)
        elif kind == "tilde":
            shown.append("~")
        else:
            value = variables.get(content)
            known = value is not None and _PLAIN.fullmatch(value) and not is_secret_variable(content, value)
            shown.append(str(value) if known else f"${content}")
    return "".join(shown)
