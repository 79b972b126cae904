"""Task definitions and what starts them -> the texts of a workspace: each job's ecs.yml, and the values of its settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from converters.inventory.adopting import Adopted, adopt
from converters.inventory.common import FITS, region_of, settings_of
from converters.inventory.fitting import fit, text_of
from converters.inventory.starts import NotTaken, Start
from converters.inventory.unveiled import hide_secrets
from migrate.errors import UserError

if TYPE_CHECKING:
    from migrate.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say of the settings; empty where they say nothing."""

    region: str = ""
    cluster: str = ""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    public: bool = False
    profile: str = ""

    def values(self) -> dict[str, Any]:
        """By the keys of an environment."""
        made: dict[str, Any] = {
            "region": self.region,
            "profile": self.profile,
            "cluster": self.cluster,
            "subnets": list(self.subnets),
            "securityGroups": list(self.security_groups),
            "assignPublicIp": "ENABLED" if self.public else "",
            "notifications": {"email": list(self.notify)} if self.notify else {},
        }
        return {key: value for key, value in made.items() if value}


@dataclass(slots=True)
class Taken:
    """``texts`` by job, ``values`` for the settings, ``notes`` by job; ``parameters`` are to get the values of secrets."""

    texts: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    left: list[NotTaken] = field(default_factory=list)


# option -> what it takes, and the pattern that the settings have for it
_OPTIONS = (
    ("--region", "region", r"[a-z]{2,4}(-[a-z]+)+-\d", "a region such as ap-northeast-1"),
    (
        "--cluster",
        "cluster",
        r"(arn:aws[\w-]*:ecs:[\w-]+:\d{12}:cluster/)?[A-Za-z0-9_-]{1,255}",
        "the name of a cluster",
    ),
    ("--subnet", "subnets", FITS["subnets"], "a subnet id (subnet-…)"),
    ("--security-group", "security_groups", FITS["securityGroups"], "a security group id (sg-…)"),
    ("--notify", "notify", r"[^@\s]{1,64}@[^@\s]{1,255}", "an e-mail address"),
)
MOST = {"subnets": 16, "security_groups": 5, "notify": 50}


def why_not(option: str, value: str) -> str | None:
    """What is wrong with a value of an option, as a clause; None where it is good."""
    pattern, what = next((pattern, what) for name, _key, pattern, what in _OPTIONS if name == option)
    return None if re.fullmatch(pattern, value) else f"{value!r} is not {what}"


def check(given: Given) -> None:
    """UserError for a value that the settings would not take."""
    for option, key, _pattern, _what in _OPTIONS:
        value = getattr(given, key)
        values = [value] if isinstance(value, str) else list(value)
        for one in filter(None, values):
            if wrong := why_not(option, one):
                raise UserError(f"{option}: {wrong}")
        if len(values) > MOST.get(key, 1):
            raise UserError(f"{option}: {MOST[key]} are the most that AWS takes")


def take(
    definitions: Mapping[str, Mapping[str, Any]],
    starts: Iterable[Start | NotTaken],
    owner: str,
    environment: str,
    given: Given,
    settings: Settings | None,
    makers: Mapping[str, str] | None = None,
) -> Taken:
    """``settings`` are those that are there already; ``makers`` who made a start, where that is known."""
    jobs, left = adopt(definitions, starts)
    made = Taken(left=left)
    there = settings.environments.get(environment) if settings else None
    made.values = given.values()
    region = there.region if there else made.values.get("region") or region_of(jobs) or ""
    if region:
        made.values.setdefault("region", region)
    good: list[Adopted] = []
    for job in jobs:
        if maker := (makers or {}).get(job.start.label):
            job.draft.notes.append(f"{job.start.label} was made by {maker}; take it out there once the job is on")
        why = fit(job, region, f"/cron2fargate/{job.name}")
        made.left += [why] if why else []
        good += [] if why else [job]
    # A network of options is one network: the groups of another would not fit its subnets.
    network = {"subnets", "securityGroups"} & set(made.values)
    found = {
        key: value for key, value in settings_of(good).items() if not (network and key in ("subnets", "securityGroups"))
    }
    made.values = found | made.values
    made.parameters = hide_secrets(good, owner)
    for job in good:
        made.texts[job.name] = text_of(job, region)
        made.notes[job.name] = job.notes
    return made


def with_defaults(values: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """With the names of the roles that ``register --create`` makes where nothing names one."""
    roles = {"executionRole": "execution", "eventsRole": "events", "schedulerRole": "scheduler"}
    return {**{key: f"cron2fargate-{owner}-{part}" for key, part in roles.items()}, **values}
