"""Whose a resource is. Only what carries our tags exactly is changed; the rest is refused, or adopted when asked.

Of two environments that one workspace has, none is changed while the other is written, adopted or not.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.frame.place import Place

OWNER = "cron2fargate:owner"
ENVIRONMENT = "cron2fargate:environment"
JOB = "cron2fargate:job"
SPEC = "cron2fargate:spec"

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Marks:
    """What names the maker of a resource: the tags of one, or the words in a schedule's description."""

    owner: str | None
    environment: str | None
    job: str | None

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> Marks:
        return cls(tags.get(OWNER), tags.get(ENVIRONMENT), tags.get(JOB))

    def __str__(self) -> str:
        """The owner as a few words for a refusal."""
        if self.owner is None:
            return "it was not made by cron2fargate"
        where = f", environment {self.environment}" if self.environment else ""
        return f"it belongs to {self.owner}{where}, job {self.job or '?'}"


@dataclass(frozen=True, slots=True)
class Owner:
    """This workspace, an environment of its settings, and one of its jobs; ``extra`` are the tags of the settings, ``name`` is
    the job's name on AWS. ``alone``: the settings have no other environment, so what names none is this one's."""

    owner: str
    job: str
    extra: Tags = field(default_factory=dict)
    environment: str = ""
    alone: bool = True
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.job)

    @classmethod
    def at(cls, place: Place, job: str, extra: Tags | None = None) -> Owner:
        return cls(place.owner, job, dict(extra or {}), place.environment, place.alone, place.job(job))

    def tags(self) -> Tags:
        return {**self.shared_tags(), OWNER: self.owner, JOB: self.job, **self.extra}

    def shared_tags(self) -> Tags:
        """Of what belongs to no job."""
        environment = {ENVIRONMENT: self.environment} if self.environment else {}
        return {OWNER: self.owner, **environment, **self.extra}

    def owns(self, tags: Mapping[str, str]) -> bool:
        return self.has(Marks.of(tags))

    def has(self, marks: Marks) -> bool:
        if (marks.owner, marks.job) != (self.owner, self.job):
            return False
        return marks.environment == self.environment if marks.environment else self.alone or not self.environment

    def refuse(self, what: str, name: str, marks: Marks, *, adopt: bool, way: str = "") -> None:
        """Raises UserError for a resource that is not ours, unless it is to be adopted. ``what`` it is, its ``name``."""
        if self.has(marks):
            return
        if marks.owner == self.owner and marks.environment and marks.environment != self.environment:
            # Never by --adopt: the jobs of that environment would stop, or run twice.
            raise UserError(
                f"the {what} {name} exists and {marks}; give environment {self.environment or 'of this file'} names of its "
                "own (names in cron2fargate.yml)"
            )
        if adopt:
            return
        if (marks.owner, marks.job) == (self.owner, self.job):
            raise UserError(
                f"the {what} {name} exists and names no environment; if it is that of {self.environment}, take it over once "
                "with --adopt"
            )
        raise UserError(
            f"the {what} {name} exists and {marks}; {way or f'rename the job, or take the {what} over with --adopt'}"
        )

    def describe(self, digest: str) -> str:
        """The mark of a schedule, which cannot carry tags."""
        where = f" environment={self.environment}" if self.environment else ""
        return f"cron2fargate owner={self.owner}{where} job={self.job} spec={digest}"

    def owns_description(self, text: str) -> bool:
        return self.has(described(text))


GONE = "gone"
"""In the place of a spec's digest: the job has left the workspace, and what starts it has been switched off."""

CODE = "code"
"""In the place of a spec's digest in a description: made by an export, and not yet written by register."""

_DESCRIPTION = re.compile(
    r"cron2fargate owner=(?P<owner>\S+)( environment=(?P<environment>\S+))? job=(?P<job>\S+) spec=(?P<spec>[0-9a-f]+|gone|code)"
)


def described(text: str) -> Marks:
    """What a schedule's description says of its maker."""
    found = _DESCRIPTION.fullmatch(text)
    return Marks(found["owner"], found["environment"], found["job"]) if found else Marks(None, None, None)


def described_digest(text: str) -> str:
    found = _DESCRIPTION.fullmatch(text)
    return found["spec"] if found else ""


def digest(*wanted: Any) -> str:
    """Twelve hex digits for what a spec asks for. Where AWS differs and this does not, AWS was changed by hand."""
    text = json.dumps(wanted, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def missing_tags(live: Mapping[str, str], wanted: Mapping[str, str]) -> Tags:
    """Tags to add or change; tags of others stay."""
    return {key: value for key, value in wanted.items() if live.get(key) != value}


def only_unmarked(live: Mapping[str, str], missing: Tags) -> bool:
    """Whether all that is missing is the digest, and none was ever written: an export made it, just as it is wanted."""
    return set(missing) == {SPEC} and SPEC not in live
