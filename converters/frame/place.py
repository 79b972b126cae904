"""Where jobs stand: one owner, account, region and environment, and every name that is made from them.

What two places have in common is nothing: no rule, family, role or lock of one is planned over by the other. Where the
settings have one environment, names do not hold it (``{job}``), as nothing else could bear them; else they do.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

JOB, ENVIRONMENT = "{job}", "{environment}"
PLAIN = JOB
"""The pattern of names that hold no environment."""
APART = f"{ENVIRONMENT}-{JOB}"
"""The pattern where the settings have several environments and do not say."""
MAX_NAME = 64
"""EventBridge: 64 characters for rules, schedules, groups and connections, as IAM has for roles; SQS and Step Functions take
80, all others 255 and more. One name serves a job everywhere, so the shortest limit counts."""
_LONGEST_PART = len("-execution")
_DIGEST = 8


@dataclass(frozen=True, slots=True)
class Place:
    """One account and region, and whose things stand there. ``names`` is the pattern of the names of jobs; ``alone`` says
    that the settings have this environment only, so that what names no environment is its own."""

    owner: str
    account: str
    region: str
    environment: str = ""
    names: str = PLAIN
    alone: bool = True

    @property
    def partition(self) -> str:
        # Partitions: aws, aws-cn, aws-us-gov; each has its own ARNs and consoles.
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rsplit("-", 2)[0], "aws")

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.account}:{resource}"

    @property
    def scope(self) -> str:
        """Whose jobs: what messages say, and what tells the events of two environments apart."""
        return f"{self.owner}/{self.environment}" if self.keys else self.owner

    @property
    def keys(self) -> str:
        """What the keys of a lock table begin with, which two environments may share; empty for plain names."""
        return "" if self.names == PLAIN else self.environment

    def name(self, part: str) -> str:
        """Of something shared by the jobs, or of a job's alarm, which may be longer than all others."""
        return f"{self._stem()}-{part}"

    def _stem(self) -> str:
        full = f"cron2fargate-{self.owner}" + (f"-{self.environment}" if self.keys else "")
        return _short(full, MAX_NAME - _LONGEST_PART)

    def plain(self, part: str) -> str:
        """For what takes no dots: topics, queues, workflows."""
        return self.name(part).replace(".", "-")

    def job(self, job: str) -> str:
        """The name of a job's rule, schedule, task family, workflow and service."""
        return job_name(self.names, self.environment, job)

    @property
    def any_job(self) -> str:
        """A pattern of IAM that covers the names of all jobs."""
        before = self.names.partition(JOB)[0]
        return f"{_filled(before, self.environment)}*"

    @property
    def around_job(self) -> tuple[str, str]:
        """What stands before and behind a job in its name on AWS."""
        before, _, after = self.names.partition(JOB)
        return _filled(before, self.environment), _filled(after, self.environment)

    def log_group(self, pattern: str, job: str | None = None) -> str:
        """The log group of a job, or IAM's pattern over those of all."""
        return log_group(pattern, self.environment, job or "*", self.job(job) if job else self.any_job)

    def log_group_of_any(self, pattern: str) -> str:
        """The same with ``{job}`` left open, for whoever knows the job later."""
        return pattern.replace(ENVIRONMENT, self.environment)

    def machine(self, job: str) -> str:
        """The ARN of a job's workflow."""
        return self.arn("states", f"stateMachine:{self.job(job)}")

    def role(self, role: str) -> str:
        """The ARN of a role, given as one or by name."""
        return role if role.startswith("arn:") else self.arn("iam", f"role/{role}", region=False)

    def ours(self, part: str) -> tuple[str, str]:
        """The names that a role may bear to be made here: this environment's own, and the owner's, which all share."""
        return self.name(part), f"cron2fargate-{self.owner}-{part}"

    def is_shared(self, role: str) -> bool:
        """Whether a role's name holds no environment, so that those of other regions and environments use it too."""
        return role.startswith(f"cron2fargate-{self.owner}-") and not (self.keys and role.startswith(self.name("")))


def job_name(pattern: str, environment: str, job: str) -> str:
    """A job's name on AWS; one that is too long loses its end, and what was lost becomes a digest."""
    # Task families and schedules take no dots, which the name of an environment may have.
    return _short(_filled(pattern, environment).replace(JOB, job), MAX_NAME)


def log_group(pattern: str, environment: str, job: str, named: str) -> str:
    """The pattern of the settings with a job in it: by its name on AWS (``named``), or where the pattern has the
    environment itself, by its own."""
    own = job if ENVIRONMENT in pattern else named
    return pattern.replace(ENVIRONMENT, environment).replace(JOB, own)


def _filled(pattern: str, environment: str) -> str:
    return pattern.replace(ENVIRONMENT, re.sub(r"[^A-Za-z0-9_-]", "-", environment))


def _short(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
    return f"{text[: most - _DIGEST - 1]}-{digest}"
