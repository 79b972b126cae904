"""What a check says: lines with a verdict and a reason, and what every check is given."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from converters.findings.codes import CATALOGUE
from migrate.aws.errors import denied, error_code, is_denied, not_aws
from migrate.terminal.language import _

if TYPE_CHECKING:
    from converters.images.facts import Image
    from converters.specs.model import Spec
    from migrate.aws.session import Aws
    from migrate.settings.model import Environment

Verdict = Literal["OK", "WARN", "NG"]
Item = TypeVar("Item")

UNCHECKED = "C600"
"""The code of a check that could not be made."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; ``code`` is a finding's where it is not OK."""

    verdict: Verdict
    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What one check found, under its title."""

    title: str
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Verdict:
        found = {line.verdict for line in self.lines}
        return "NG" if "NG" in found else "WARN" if "WARN" in found else "OK"


def ok(text: str, /, **values: object) -> Line:
    """``text`` is a translated sentence with named places for the values."""
    return Line("OK", text.format(**values))


def problem(code: str, text: str, /, **values: object) -> Line:
    """NG for what the catalogue calls an error, else WARN."""
    return Line("NG" if CATALOGUE[code].severity == "error" else "WARN", text.format(**values), code)


def unchecked(what: str, error: Exception) -> Line:
    """A check that AWS does not let us make: which permission is missing, or what it said."""
    from botocore.exceptions import ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError) and is_denied(error):
        return problem(UNCHECKED, _("{what} cannot be checked: {why}"), what=what, why=denied(error))
    if isinstance(error, ResponseParserError):
        return problem(UNCHECKED, _("{what} cannot be checked: {why}"), what=what, why=not_aws())
    said = error_code(error) if isinstance(error, ClientError) else type(error).__name__
    why = f"{said}: {' '.join(str(error).split())}"
    return problem(UNCHECKED, _("{what} cannot be checked: {why}"), what=what, why=why)


def each(items: Sequence[Item], what: Callable[[Item], str], look: Callable[[Item], Iterator[Line]]) -> Iterator[Line]:
    """``look`` at each item; one that AWS does not let us see does not hide the others."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    for item in items:
        try:
            yield from list(look(item))
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            # A permission that is missing for one must not hide the others.
            yield unchecked(what(item), error)


def _fetch(url: str) -> bytes:
    """At most 1 MB; ECR gives addresses of its own store that are good for an hour."""
    # urllib would open file: and ftp: as well.
    if not url.startswith("https://"):
        raise OSError(f"{url.partition(':')[0]} is not https")
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
        found: bytes = answer.read(1_000_000)
    return found


@dataclass
class Context:
    """One environment and the jobs a check is about. ``today`` and ``fetch`` are there to be replaced in tests."""

    aws: Aws
    owner: str
    specs: Sequence[Spec]
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    fetch: Callable[[str], bytes] = _fetch
    coming: frozenset[tuple[str, str]] = frozenset()
    """(kind, name) of what this very run is about to make."""
    read: Mapping[str, Image] = field(default_factory=dict)
    """What was read of images, by reference."""
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        from migrate.aws.wishes import as_started

        self.specs = [as_started(self.env, spec) for spec in self.specs]

    @property
    def env(self) -> Environment:
        return self.aws.environment

    @cached_property
    def subnets(self) -> list[dict[str, Any]]:
        """The subnets of the settings as EC2 describes them; a ClientError where one is not there."""
        answer = self.aws.client("ec2").describe_subnets(SubnetIds=self.env.subnets)
        found: list[dict[str, Any]] = answer["Subnets"]
        return found

    @cached_property
    def images(self) -> list[str]:
        """Every image of jobs and sidecars, once."""
        from migrate.aws import sidecars

        found = [box.image for spec in self.specs for box in spec.containers]
        for spec in self.specs[:1]:
            found += [str(one.definition["image"]) for one in sidecars.beside(self.aws, spec)]
        return list(dict.fromkeys(found))
