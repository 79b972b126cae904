"""Whose a resource is. Only what carries our tags exactly is changed; the rest is refused, or adopted when asked."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

OWNER = "cron2fargate:owner"
JOB = "cron2fargate:job"
SPEC = "cron2fargate:spec"

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Owner:
    """This workspace and one of its jobs; ``extra`` are the tags of the settings."""

    owner: str
    job: str
    extra: Tags = field(default_factory=dict)

    def tags(self) -> Tags:
        return {OWNER: self.owner, JOB: self.job, **self.extra}

    def owns(self, tags: Mapping[str, str]) -> bool:
        return tags.get(OWNER) == self.owner and tags.get(JOB) == self.job

    def describe(self, digest: str) -> str:
        """The mark of a schedule, which cannot carry tags."""
        return f"cron2fargate owner={self.owner} job={self.job} spec={digest}"

    def owns_description(self, text: str) -> bool:
        found = _DESCRIPTION.fullmatch(text)
        return bool(found) and (found["owner"], found["job"]) == (self.owner, self.job) if found else False


GONE = "gone"
"""In the place of a spec's digest: the job has left the workspace, and what starts it has been switched off."""

_DESCRIPTION = re.compile(r"cron2fargate owner=(?P<owner>\S+) job=(?P<job>\S+) spec=(?P<spec>[0-9a-f]+|gone)")


def described_job(text: str, owner: str) -> str | None:
    """The job that a schedule's description names, where it is one of ``owner``'s."""
    found = _DESCRIPTION.fullmatch(text)
    return found["job"] if found and found["owner"] == owner else None


def described_digest(text: str) -> str:
    found = _DESCRIPTION.fullmatch(text)
    return found["spec"] if found else ""


def digest(*wanted: Any) -> str:
    """Twelve hex digits for what a spec asks for. Where AWS differs and this does not, AWS was changed by hand."""
    text = json.dumps(wanted, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def whose(tags: Mapping[str, str]) -> str:
    """The owner as a few words for a refusal."""
    if OWNER not in tags:
        return "it was not made by cron2fargate"
    return f"it belongs to {tags[OWNER]}, job {tags.get(JOB, '?')}"


def missing_tags(live: Mapping[str, str], wanted: Mapping[str, str]) -> Tags:
    """Tags to add or change; tags of others stay."""
    return {key: value for key, value in wanted.items() if live.get(key) != value}
