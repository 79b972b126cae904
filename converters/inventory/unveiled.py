"""Secrets that stand in clear in a task definition -> out of the job's ecs.yml: what can be read from a parameter becomes a
reference, the rest is masked. A value stands in none of our files, and in no message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from converters.inventory.adopting import Adopted
from converters.secrets.clear import is_clear, real_secrets
from converters.secrets.parameters import Held, parameters
from converters.secrets.references import reference_secrets
from converters.secrets.search import MASK, hide_words, mask
from converters.specs.untyped import fields, listed

_SHELL = re.compile(r"(.*/)?(ba|da|a)?sh")


def hide_secrets(jobs: Sequence[Adopted], owner: str) -> list[str]:
    """The parameters that their values are to be put into, by name; each job says which variable reads which."""
    held = [one for job in jobs for one in _held(job)]
    reserved = [
        str(source) for job in jobs for box in job.draft.containers for source in fields(box.get("secrets")).values()
    ]
    given = parameters(owner, held, {}, reserved)
    for job in jobs:
        for box in job.draft.containers:
            _refer(job, box, given.get(_key(job, box), {}))
            if "healthCheck" in box:
                box["healthCheck"] = _masked(box["healthCheck"], f"container {box['name']}.healthCheck", job)
        for name, more in job.draft.boxes.items():
            job.draft.boxes[name] = fields(_masked(more, f"container {name}", job))
        job.draft.passed = fields(_masked(job.draft.passed, "taskDefinition", job))
    return list(dict.fromkeys(name for found in given.values() for name in found.values()))


def _key(job: Adopted, box: Mapping[str, object]) -> str:
    return job.name if len(job.draft.containers) == 1 else f"{job.name}-{box['name']}"


def _held(job: Adopted) -> list[Held]:
    """Takes the values out of each container's variables, log options and shell text."""
    found = []
    for box in job.draft.containers:
        values: dict[str, str] = {}
        plain = fields(box.get("environment"))
        for name, value in list(plain.items()):
            if is_clear(name, str(value)):
                values[name] = str(plain.pop(name))
        if "environment" in box and not plain:
            del box["environment"]
        options = fields(fields(box.get("logConfiguration")).get("options"))
        for option, value in list(options.items()):
            if is_clear(option, str(value)):
                values[f"log {option}"] = str(options.pop(option))
        _of_words(job, box, values)
        if values:
            found.append(Held(_key(job, box), job.name, job.name, values))
    return found


def _of_words(job: Adopted, box: dict[str, object], values: dict[str, str]) -> None:
    """A shell's text reads the variable instead; other words are masked, as nothing would expand them."""
    for key in ("command", "entryPoint"):
        words = [str(word) for word in listed(box.get(key))]
        if not any(True for word in [*words, " ".join(words)] for _ in real_secrets(word)):
            continue
        at = _text_of_shell(words)
        if at is not None:
            moved = reference_secrets(words[at], {})
            taken = {*values, *fields(box.get("environment")), *fields(box.get("secrets"))}
            if not moved.left and not taken & set(moved.values):
                values |= moved.values
                words[at] = moved.command
        box[key] = _words_masked(words)
        if box[key] != words:
            job.draft.notes.append(
                f"container {box['name']}: a secret stood in its {key}, where {MASK} stands now; write it so that it reads a "
                "variable, and add that under secrets"
            )


def _text_of_shell(words: Sequence[str]) -> int | None:
    """Where the text of ``sh -c TEXT`` stands."""
    for at in range(len(words) - 1):
        if re.fullmatch(r"-\w*c", words[at]) and at and _SHELL.fullmatch(words[0]):
            return at + 1
    return None


def _words_masked(words: Sequence[str]) -> list[str]:
    # `-p` and its value may be two words, and `-pX` is known by the program before it.
    values = {found for text in (*words, " ".join(words)) for found in real_secrets(text)}
    return [hide_words(word, values) for word in words]


def _refer(job: Adopted, box: dict[str, object], given: Mapping[str, str]) -> None:
    for variable, parameter in given.items():
        if variable.startswith("log "):
            option = variable.removeprefix("log ")
            logs = fields(box["logConfiguration"])
            fields(logs.setdefault("secretOptions", {}))[option] = parameter
            if not logs["options"]:
                del logs["options"]
            what = f"the log option {option}"
        else:
            fields(box.setdefault("secrets", {}))[variable] = parameter
            what = variable
        job.draft.notes.append(
            f"container {box['name']}: {what} stood in clear; it is read from the parameter {parameter} now"
        )


def _masked(value: object, where: str, job: Adopted, name: str = "") -> object:
    if isinstance(value, Mapping):
        return {key: _masked(inner, f"{where}.{key}", job, str(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, where, job, name) for inner in value]
    if isinstance(value, str) and (is_clear(name, value) if name else any(real_secrets(value))):
        job.draft.notes.append(f"{where}: a secret stood in clear there, where {MASK} stands now")
        masked = mask(value)
        return masked if masked != value else MASK
    return value
