"""Who made a thing on AWS: what its tags say, by the tools that are known to write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

UNKNOWN = "unknown"
OURS = "cron2fargate"

_JOB, _ENVIRONMENT = "cron2fargate:job", "cron2fargate:environment"

# (key of a tag, pattern of its value) -> who writes it; the first that fits counts. CloudFormation stands behind CDK, SAM,
# Copilot and Serverless, whose own tags come first because they say where the source is.
_TAGS: tuple[tuple[str, str, str], ...] = (
    ("cron2fargate:owner", r".+", OURS),
    # AWS Copilot, docs "Tags": every resource of an application.
    ("copilot-application", r".+", "Copilot"),
    # AWS SAM, docs "Generated resources": SAM adds it to what it makes of a template.
    ("lambda:createdBy", r"SAM", "SAM"),
    # CloudFormation user guide, "Resource tags": aws:cloudformation:stack-name on each resource of a stack; nobody else
    # can write a key that begins with aws:.
    ("aws:cloudformation:stack-name", r".+", "CloudFormation"),
    # Terraform tags nothing by itself; these are what teams set in default_tags.
    ("terraform", r"(?i)true|yes|1", "Terraform"),
    ("managed-by", r"(?i)terraform|opentofu", "Terraform"),
    ("managedby", r"(?i)terraform|opentofu", "Terraform"),
    ("provisioner", r"(?i)terraform|opentofu", "Terraform"),
    ("managed-by", r".+", ""),
    ("managedby", r".+", ""),
)


@dataclass(frozen=True, slots=True)
class Maker:
    """``by`` is a tool, ``name`` what it calls the thing's place (a stack, an owner); ``job`` and ``environment`` of ours."""

    by: str = UNKNOWN
    name: str = ""
    job: str = ""
    environment: str = ""

    def __str__(self) -> str:
        where = " ".join(one for one in (self.name, self.environment, self.job) if one)
        return f"{self.by} {where}".rstrip()


NOBODY = Maker()
"""Of whom nothing is known."""


def maker(tags: Mapping[str, str], managed_by: str = "") -> Maker:
    """By tags, or by the service that EventBridge says manages a rule (``ManagedBy``)."""
    if managed_by:
        return Maker("AWS", managed_by)
    known = {_plain(key): (key, value) for key, value in tags.items()}
    for wanted, pattern, by in _TAGS:
        key, value = known.get(_plain(wanted), ("", ""))
        if key and re.fullmatch(pattern, value):
            if by == OURS:
                return Maker(by, value, tags.get(_JOB, ""), tags.get(_ENVIRONMENT, ""))
            return Maker(by or value, _named(by, value, tags))
    return NOBODY


def _named(by: str, value: str, tags: Mapping[str, str]) -> str:
    return tags.get("aws:cloudformation:stack-name", value if by == "Copilot" else "") if by != "Terraform" else ""


def _plain(key: str) -> str:
    """Teams write managed-by, ManagedBy and managed_by."""
    return re.sub(r"[-_]", "", key.lower())
