"""Care of a container engine around the one call that works: ``docker pull IMAGE && docker run IMAGE``, ``docker login``.

ECS pulls the image before each start, logs in by its execution role, and removes what has ended (``docker rm -f x || true``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from converters.commands.containers.options import TOOLS
from converters.commands.containers.reading import Invocation, read_call, starts_container
from converters.commands.idioms.peeling import Kept, Peeling, is_true
from converters.commands.shell.syntax import Compound, Pipeline, Statement
from converters.commands.shell.words import Simple
from converters.secrets.search import mask


class Care(NamedTuple):
    """``of`` is what its operands name: the ``image`` or ``container`` of the call, or nothing; ``why`` it is not needed."""

    of: str
    why: str


# docs.docker.com, "docker image pull", "docker login", "docker container rm"; AWS docs "Amazon ECS task execution IAM role".
_PULL = Care("image", "ECS pulls the image before each start")
_LOGIN = Care("", "the execution role reads from ECR, and `repositoryCredentials` from another registry")
_REMOVE = Care("container", "each task is a new container, and ECS removes it")
_TIDY = Care("", "Fargate keeps no images and containers of tasks that have ended")
_CARE: Mapping[str, Care] = {
    "pull": _PULL,
    "image pull": _PULL,
    "login": _LOGIN,
    "logout": _LOGIN,
    "rm": _REMOVE,
    "container rm": _REMOVE,
    "stop": _REMOVE,
    "container stop": _REMOVE,
    "kill": _REMOVE,
    "system prune": _TIDY,
    "image prune": _TIDY,
    "container prune": _TIDY,
}
# `$(aws ecr get-login --no-include-email)` prints a `docker login` (AWS CLI 1).
_ECR_LOGIN = re.compile(r"[\"']?(?:\$\(|`)\s*(?:\S*/)?aws\s[^;|&]*\becr\s+get-login\b")
_VALUED = frozenset(
    {"-u", "--username", "-p", "--password", "--platform", "-t", "--time", "--signal", "-s", "--filter"}
)


def drop_engine_care(peeling: Peeling) -> bool:
    """Take what only prepares or tidies up the engine, in front of the call that works or behind it."""
    if "container" in peeling.keep or peeling.container is not None:
        return False
    calls = [simple for simple in peeling.script.simple_commands() if starts_container(_bare(simple))]
    if len(calls) != 1:
        return False
    try:
        call = read_call(_bare(calls[0]))
    except Kept:
        return False
    return _front(peeling, call) or _tail(peeling, call)


def _front(peeling: Peeling, call: Invocation) -> bool:
    statement = peeling.script.statements[0]
    care = _care_of(statement.pipelines[0], call)
    if care is None or statement.terminator == "&":
        return False
    excused = statement.operators[:1] == ["||"] and is_true(statement.pipelines[1])
    if statement.operators and not excused and statement.operators[0] != "&&":
        return False
    said = _said(statement.pipelines[0])
    if excused:
        _drop_excused(peeling, statement)
    else:
        peeling.drop_front("engine")
    peeling.find("C423", f"`{said}` is gone: {care.why}.")
    return True


def _drop_excused(peeling: Peeling, statement: Statement) -> None:
    """``docker rm -f x || true; docker run ..``, or ``.. || true && docker run ..``."""
    start = statement.pipelines[0].start
    if len(statement.pipelines) > 2:
        peeling.take("engine", (start, statement.pipelines[2].start))
        del statement.pipelines[:2], statement.operators[:2]
    else:
        peeling.take("engine", (start, peeling.script.statements[1].start))
        del peeling.script.statements[0]


def _tail(peeling: Peeling, call: Invocation) -> bool:
    """``docker run --name x ..; docker rm x``: the status of the call is the whole's again."""
    statements = peeling.script.statements
    last = statements[-1]
    excused = last.operators[-1:] == ["||"] and is_true(last.pipelines[-1])
    at = len(last.pipelines) - (2 if excused else 1)
    care = _care_of(last.pipelines[at], call)
    if care is None or last.terminator == "&":
        return False
    said = _said(last.pipelines[at])
    if at == 0 and len(statements) > 1:
        before = statements[-2]
        if before.terminator == "&":
            return False
        peeling.take("engine", (before.terminator_at, last.end))
        before.terminator, before.terminator_at = "", -1
        del statements[-1]
    elif at > 0 and last.operators[at - 1] == "&&":
        peeling.take("engine", (last.pipelines[at - 1].end, last.end))
        del last.pipelines[at:], last.operators[at - 1 :]
    else:
        return False
    peeling.find("C423", f"`{said}` is gone: {care.why}.")
    return True


def _care_of(pipeline: Pipeline, call: Invocation) -> Care | None:
    """What a pipeline does for the engine alone, where it is about this call's image or container."""
    last = pipeline.commands[-1]
    if isinstance(last, Compound) or pipeline.negated or not last.words:
        return None
    simple = _bare(last)
    if len(pipeline.commands) == 1 and _ECR_LOGIN.match(simple.words[0].text):
        return _LOGIN
    if simple.name is None or simple.name not in TOOLS:
        return None
    words = [word.value if word.value is not None else word.text for word in simple.words[1:]]
    if words[:1] == ["compose"] or TOOLS[simple.name].compose:
        return _PULL if call.compose and "pull" in words[:4] else None
    verb = next((verb for verb in (" ".join(words[:2]), "".join(words[:1])) if verb in _CARE), "")
    # Only a login may be fed by a pipe: `aws ecr get-login-password | docker login --password-stdin R`.
    if not verb or (len(pipeline.commands) > 1 and _CARE[verb] is not _LOGIN):
        return None
    return _CARE[verb] if _is_of(_CARE[verb], _operands(words[len(verb.split()) :]), call) else None


def _is_of(care: Care, named: list[str], call: Invocation) -> bool:
    """Whether what is named is the call's own image or container; that of another call is its business."""
    if care.of == "image":
        return not call.compose and [*map(_tagged, named)] == [_tagged(_plain(call.place.text))]
    names = [_plain(one.value.text) for one in call.given("name") if one.value is not None]
    return not care.of or (bool(names) and named == names[-1:])


def _bare(simple: Simple) -> Simple:
    """Without ``sudo`` and its flags in front."""
    if simple.name != "sudo":
        return simple
    at = next((n for n, word in enumerate(simple.words[1:], 1) if not word.text.startswith("-")), len(simple.words))
    return Simple(simple.start, simple.end, [], simple.words[at:], simple.redirects) if simple.words[at:] else simple


def _operands(words: list[str]) -> list[str]:
    found, skip = [], False
    for word in words:
        if skip or word.startswith("-"):
            skip = word in _VALUED
        else:
            found.append(_plain(word))
    return found


def _plain(text: str) -> str:
    return text.strip("\"'")


def _tagged(image: str) -> str:
    """A reference without tag and digest means ``:latest`` (docs.docker.com, "docker image pull")."""
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"


def _said(pipeline: Pipeline) -> str:
    """The engine's own command, without what feeds a password to it."""
    last = pipeline.commands[-1]
    words = [] if isinstance(last, Compound) else [word.text for word in last.words]
    # What stands behind `login` may be a password.
    if "login" in words:
        words = words[: words.index("login") + 1]
    text = mask(" ".join(words))
    return text if len(text) <= 60 else text[:57] + "…"
