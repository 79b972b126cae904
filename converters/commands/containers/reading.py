"""The words of a container engine's command line -> its verb, its options, its image or container, and the command inside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from converters.commands.containers.options import (
    COMPOSE,
    COMPOSE_EXEC,
    COMPOSE_RUN,
    ENGINE,
    EXEC,
    RUN,
    TOOLS,
    Known,
    Option,
    Tool,
    by_name,
)
from converters.commands.idioms.peeling import Kept
from converters.commands.shell.words import Simple, Word

_VERBS: dict[tuple[bool, str], Known] = {
    (False, "run"): by_name(RUN),
    (False, "exec"): by_name(EXEC),
    (True, "run"): by_name(COMPOSE_RUN),
    (True, "exec"): by_name(COMPOSE_EXEC),
}
_ENGINE, _COMPOSE = by_name(ENGINE), by_name(COMPOSE)
# `docker exec $(docker ps -qf name=web) x` and `$(docker compose ps -q web)`: whose name stands in the question.
_ASKED_FOR = re.compile(
    r"[\"']?(?:\$\(|`)\s*(?:sudo\s+)?\S*docker(?:-compose)?\s[^;|&)`]*?"
    r"(?:\bname=[\"']?\^?/?(?P<container>[\w.-]+)|compose\b.*?\sps\s+(?:-q|--quiet)\s+(?P<service>[\w.-]+))[^;|&)`]*[)`][\"']?"
)


class Given(NamedTuple):
    """An option of a line, as it was spelled, with its value (``None`` for a flag)."""

    option: Option
    name: str
    value: Word | None


class Invocation(NamedTuple):
    """``place`` is the image of ``run``, the container of ``exec`` or the service of compose; ``command`` what runs in it.
    ``before`` are the options in front of the verb."""

    tool: Tool
    name: str
    verb: str
    compose: bool
    before: tuple[Given, ...]
    options: tuple[Given, ...]
    place: Word
    command: tuple[Word, ...]

    @property
    def said(self) -> str:
        """The call in words: ``docker run``, ``docker compose exec``."""
        middle = "compose " if self.compose and not self.tool.compose else ""
        return f"{self.name} {middle}{self.verb}"

    def given(self, *means: str) -> list[Given]:
        return [one for one in self.options if one.option.means in means]


def starts_container(simple: Simple) -> bool:
    """Whether a command is a call of a container engine that runs something: ``docker run``, ``docker compose exec``."""
    values = simple.values[1:]
    return simple.name in TOOLS and any(value in ("run", "exec") for value in values)


def read_call(simple: Simple) -> Invocation:
    """The call; raises `Kept` where it does something else than run a command, or cannot be read for sure."""
    words, name = simple.words, simple.name or ""
    tool = TOOLS.get(name)
    if tool is None:
        raise Kept("an expansion is part of the engine's name")
    compose = tool.compose
    before, at = _options(words, 1, _COMPOSE if compose else _ENGINE)
    # docker/cli: `docker container run` is `docker run`; `docker compose` is a plugin with options of its own.
    if not compose and at < len(words) and words[at].value in ("container", "compose"):
        compose = words[at].value == "compose"
        more, at = _options(words, at + 1, _COMPOSE if compose else _ENGINE)
        before += more
    verb = words[at].value if at < len(words) else None
    if verb not in ("run", "exec"):
        raise Kept("it does something else than run a command in a container")
    options, at = _options(words, at + 1, _VERBS[compose, verb])
    if at >= len(words):
        raise Kept(f"it names no {'service' if compose else 'image' if verb == 'run' else 'container'}")
    if verb == "exec" and at + 1 >= len(words):
        raise Kept("it names no command to run in the container")
    return Invocation(tool, name, verb, compose, tuple(before), tuple(options), words[at], tuple(words[at + 1 :]))


def container_asked_for(word: Word) -> tuple[str, bool] | None:
    """The name that a container is looked up by, where the word asks the engine for its id; and whether it is a service."""
    found = _ASKED_FOR.fullmatch(word.text)
    if found is None:
        return None
    return (found["container"], False) if found["container"] else (found["service"], True)


def _options(words: Sequence[Word], at: int, known: Known) -> tuple[list[Given], int]:
    """Options from ``words[at]`` on, as pflag reads them without interspersing: the first operand ends them."""
    found: list[Given] = []
    while at < len(words):
        word = words[at]
        text = _start(word)
        if text == "--" and word.value is not None:
            return found, at + 1
        if not text.startswith("-") or text == "-":
            if word.value is None and not text:
                _must_be_place(word)
            break
        at = _long(words, at, known, found) if text.startswith("--") else _letters(words, at, known, found)
    return found, at


def _must_be_place(word: Word) -> None:
    """Raises `Kept` for a word that the shell may make into options."""
    if word.text.startswith("-"):
        raise Kept(f"its option `{word.text}` is known only when it runs")
    name = word.text.strip("\"'${}")
    # `$IMAGE` and `"$IMAGE"` name what is run; `$OPTS` and `$DOCKER_FLAGS` are read by the shell first.
    if re.search(r"(?i)opt|arg|flag|param|env|vol", name) and container_asked_for(word) is None:
        raise Kept(f"`{word.text}` may be options, known only when it runs")


def _start(word: Word) -> str:
    """What a word certainly begins with."""
    if word.value is not None:
        return word.value
    kind, content = word.parts[0] if word.parts else ("other", "")
    return content if kind == "text" else ""


def _long(words: Sequence[Word], at: int, known: Known, found: list[Given]) -> int:
    """``--name``, ``--name=value`` or ``--name value``; gives the index after it."""
    word = words[at]
    name, equals, _ = _start(word).partition("=")
    option = known.get(name)
    if option is None:
        raise Kept(f"its option `{name}` is not known")
    if not option.valued:
        # pflag: `--rm=false` says no; any other value of a flag is an error.
        if not equals or word.value in (f"{name}=true", f"{name}=1"):
            found.append(Given(option, name, None))
        elif word.value not in (f"{name}=false", f"{name}=0"):
            raise Kept(f"its option `{word.text}` is not understood")
        return at + 1
    if equals:
        found.append(Given(option, name, _after(word, len(name) + 1)))
        return at + 1
    if at + 1 >= len(words):
        raise Kept(f"its option `{name}` has no value")
    found.append(Given(option, name, words[at + 1]))
    return at + 2


def _letters(words: Sequence[Word], at: int, known: Known, found: list[Given]) -> int:
    """``-it``, ``-eA=b``, ``-e A=b``, ``-e=A=b``; gives the index after it."""
    word = words[at]
    text = _start(word)
    for index, letter in enumerate(text[1:], start=2):
        option = known.get(f"-{letter}")
        if option is None:
            raise Kept(f"its option `-{letter}` is not known")
        if not option.valued:
            found.append(Given(option, f"-{letter}", None))
            continue
        if index == len(text) and word.value is not None:
            if at + 1 >= len(words):
                raise Kept(f"its option `-{letter}` has no value")
            found.append(Given(option, f"-{letter}", words[at + 1]))
            return at + 2
        # pflag, parseSingleShortArg: `-e=A=b` gives `A=b`.
        found.append(Given(option, f"-{letter}", _after(word, index + (text[index : index + 1] == "="))))
        return at + 1
    if word.value is None:
        raise Kept(f"its option `{word.text}` is known only when it runs")
    return at + 1


def _after(word: Word, count: int) -> Word:
    """The word without its first ``count`` characters, which are plain text."""
    if word.value is not None:
        value = word.value[count:]
        return word._replace(text=value, value=value, parts=(("text", value),))
    (kind, content), *rest = word.parts
    parts = ((kind, content[count:]), *rest) if content[count:] else tuple(rest)
    return word._replace(parts=parts, text=word.text[count:] if word.text.startswith(content[:count]) else word.text)
