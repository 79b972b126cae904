"""Secrets that stand in an ecs.yml in clear: they would be readable in every revision of the task definition, for ever."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from converters.secrets.search import find_secrets, is_secret_variable

# RFC 2606 reserves these names for documents, and a run of one character hides nothing.
_RESERVED = re.compile(r"https?://(?:[\w.-]+\.)?example\.(?:com|net|org)(?:[:/?]|$)")
_HOLLOW = re.compile(r"(?:^|.*[/=:])(\w)\1*$|.*(?:CHANGE_?ME|\*\*\*\*).*|\s*", re.DOTALL)


class Box(Protocol):
    """What is looked at of a container."""

    @property
    def name(self) -> str: ...
    @property
    def command(self) -> list[str] | None: ...
    @property
    def entry_point(self) -> list[str] | None: ...
    @property
    def environment(self) -> Mapping[str, str]: ...


def clear_secrets(containers: Iterable[Box]) -> Iterator[str]:
    """A clause for each place that holds a secret, without the secret; placeholders and example addresses are none."""
    for box in containers:
        for name, value in box.environment.items():
            if is_clear(name, value):
                yield f"environment {name} of container {box.name}"
        words = [*(box.entry_point or ()), *(box.command or ())]
        # The words joined: `-p` and its value may be two of them.
        if any(any(real_secrets(word)) for word in [*words, " ".join(words)]):
            yield f"the command of container {box.name}"


def is_clear(name: str, value: str) -> bool:
    """Whether the value of a variable is a secret that anybody can read, by its name or its look."""
    # Both readings: a name may promise a secret, and any value may look like one.
    return _is_real(value) and (is_secret_variable(name, value) or any(real_secrets(value)))


def real_secrets(text: str) -> Iterator[str]:
    """The secrets in a text; placeholders and example addresses are none."""
    for secret in find_secrets(text):
        found = text[secret.start : secret.end]
        if _is_real(found):
            yield found


def _is_real(value: str) -> bool:
    return not _RESERVED.match(value) and not _HOLLOW.fullmatch(value)
