"""Container engines: `docker run IMAGE CMD`, `docker exec C CMD`, `docker compose run S CMD`. The container is the job."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from converters.commands.containers.meaning import Meaning, meaning_of
from converters.commands.containers.options import TOOLS
from converters.commands.containers.reading import container_asked_for, read_call, starts_container
from converters.commands.containers.wish import Told
from converters.commands.idioms.peeling import BUILTINS, Kept, Layer, Peeling
from converters.commands.idioms.wishes import SOURCED, Lock, TimeLimit
from converters.commands.shell.parse import Unparsable, parse
from converters.commands.shell.words import Simple, Word

_ENGINES = re.compile(rf"(?<![\w./-])(?:\S*/)?(?:{'|'.join(map(re.escape, TOOLS))})(?=\s)")
_EXCUSE = re.compile(r"\s*\|\|\s*(?:true|:|/bin/true|exit\s+0)\s*;?\s*")
# What was said of the host's shell and user does not hold for the container.
_OF_THE_HOST = frozenset({"C453", "C455"})


def enter_container(peeling: Peeling) -> bool:
    """Go on inside the container that a line starts or works in: the next layer is its command."""
    if peeling.container is not None:
        return False
    calls = [simple for simple in peeling.script.simple_commands() if starts_container(simple)]
    if not calls:
        return False
    simple = calls[0]
    try:
        _enter(peeling, simple)
    except Kept as reason:
        peeling.find("C412", f"`{simple.name}` stays in the command: {reason}.")
        return False
    return True


def _enter(peeling: Peeling, simple: Simple) -> None:
    call = read_call(simple)
    if not any(
        simple in pipeline.commands for statement in peeling.script.statements for pipeline in statement.pipelines
    ):
        raise Kept("it stands inside a loop, a branch or a group")
    first = simple.assignments[0].word.start if simple.assignments else simple.words[0].start
    last = simple.words[-1].end
    if any(first < redirect.start < last for redirect in simple.redirects):
        raise Kept("a redirection stands among its words")
    known = peeling.variables()
    known |= {one.name: one.value for one in simple.assignments if one.value is not None}
    around = peeling.text[:first], peeling.text[last:]
    found = meaning_of(call, known, peeling.working_directory or peeling.start, peeling.texts, around)
    _only_call(peeling, simple)
    inner, filled = _inner(found, call.command)
    before, after = _around(peeling, first, last)
    if filled:
        words = ", ".join(f"`{one.text}`" for one in filled)
        found.tell("expansion", filled[0].text, f"The host's shell filled in {words} before `{call.said}` began.")
    beside = f"{before} : {after}" if (before + after).strip() else ""
    text = f"{before}{inner}{after}"
    _open(peeling, found, text, beside, whole=not beside and not filled and _is_no_shells(text))


def _only_call(peeling: Peeling, simple: Simple) -> None:
    """Raises `Kept` where another call of an engine stands in the text: two containers are two tasks."""
    text = peeling.text
    for word in simple.words:
        if word.value is None and _ENGINES.search(word.text) and container_asked_for(word) is None:
            raise Kept(f"`{word.text}` asks the engine of this host")
    around = text[: simple.words[0].start] + " " + text[simple.words[-1].end :]
    taken = [around]
    for start, end in peeling.layer.spans:
        taken = [part.replace(text[start:end], " ") for part in taken]
    if _ENGINES.search(taken[0]):
        raise Kept("another call of a container engine stands beside it, and a task is one container")


def _inner(found: Meaning, words: tuple[Word, ...]) -> tuple[str, list[Word]]:
    """The command inside as a shell's text, with what the host's shell knows filled in, and the words that it does not."""
    shown = [shlex.quote(part) for part in found.entry or ()]
    filled = []
    if not words and found.command is not None:
        shown += [shlex.quote(part) for part in found.command]
    for word in words:
        value = found.known(word)
        shown.append(shlex.quote(value) if value is not None else word.text)
        if value is None:
            filled.append(word)
    return " ".join(shown), filled


def _around(peeling: Peeling, first: int, last: int) -> tuple[str, str]:
    """What is left of the host's text before and behind the call. An excuse (``|| true``) is none of the container's."""

    def left(start: int, end: int) -> str:
        shown, at = [], start
        for one, other in sorted(peeling.layer.spans):
            if other > start and one < end:
                shown.append(peeling.text[at : max(at, one)])
                at = max(at, other)
        shown.append(peeling.text[at:end])
        return "".join(shown)

    before, after = left(0, first), left(last, len(peeling.text))
    if not before.strip() and _EXCUSE.fullmatch(after):
        return "", ""
    return before if before.strip() else "", after if after.strip(" ;\n\t") else ""


def _is_no_shells(text: str) -> bool:
    """Whether the words are arguments of the image's entry point, or a program's where a shell would see its own."""
    first = text.partition(" ")[0].strip("'")
    return first.startswith("-") or first in BUILTINS


def _open(peeling: Peeling, found: Meaning, text: str, beside: str, *, whole: bool) -> None:
    try:
        script = parse(text)
    except Unparsable:
        raise Kept("the command inside it cannot be read") from None
    for statement in script.statements:
        for pipeline in statement.pipelines:
            for command in pipeline.commands:
                if isinstance(command, Simple) and not beside:
                    command.program_only = True
    if beside:
        shown = " … ".join(part.strip() for part in beside.split(" : ", 1)).strip()
        sentence = f"The host's shell ran the text around `{found.call.said}`; now the container's does: `{shown}`."
        found.told.append(Told("beside", found.call.said, sentence))
    peeling.take("container", (0, len(peeling.text)))
    peeling.layer.written = ""
    peeling.layers.append(Layer(text, script, ("/bin/sh", "-c")))
    peeling.container = found.container(beside)
    peeling.whole = whole
    peeling.known, peeling.environment = {}, dict(found.environment)
    peeling.user, peeling.start, peeling.working_directory = found.user, None, found.directory
    peeling.findings = [one for one in peeling.findings if one.code not in _OF_THE_HOST]
    for code, sentence in _said(found):
        peeling.find(code, sentence)
    for file in found.files:
        # docker/cli takes the lines as they are; compose has a grammar of its own for them (compose-go, dotenv).
        peeling.need(SOURCED, file, "dotenv" if found.call.compose else "engine")
    if found.locked_by is not None and peeling.lock is None:
        # The engine refuses a second container of one name with status 125 (docker-run(1), "Exit Status").
        peeling.lock = Lock("container", found.locked_by, "skip", conflict_exit=125)
    if found.seconds is not None and peeling.timeout is None:
        peeling.timeout = TimeLimit(found.seconds)


def _said(found: Meaning) -> Iterator[tuple[str, str]]:
    call = found.call
    for name in found.unset:
        yield (
            "C457",
            f"`-e {name}` hands on `${name}`, which cron does not set here: the container had no such variable.",
        )
    for file in found.files:
        yield (
            "C452",
            f"`{call.said}` takes variables from `{file}`: give them to the container as environment or secrets.",
        )
    idle = [f"`{name}` ({why})" if why else f"`{name}`" for name, why in found.idle.items() if name not in ("--help",)]
    gone = f" Without use in a task: {', '.join(idle)}." if idle else ""
    if not call.compose and call.verb == "run":
        yield "C800", f"`{call.said}`: the task is the container itself.{gone}"
    elif gone:
        yield "C800", gone.strip()
