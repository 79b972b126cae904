"""A plan as a file: what was seen and would be written, masked, with fingerprints by which ``register`` knows that it still
holds.

The file is untrusted: nothing in it is ever written to AWS. It chooses the options of a plan that is made anew, and that
plan is carried out only where it is the same one.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from converters.findings.few import few
from converters.specs.model import JobName
from migrate.aws import watch
from migrate.errors import UserError
from migrate.machine.files import LARGEST_TEXT, json_of, read_if_there, write_atomic

if TYPE_CHECKING:
    from migrate.aws.changes import Changes
    from migrate.aws.inputs import Place
    from migrate.aws.inputs import Wanted as Inputs
    from migrate.aws.steps import Step

ROUNDS = 200_000
"""Of PBKDF2: a fingerprint covers values that the file does not show, and a weak secret among them must not be found by trying
(OWASP's password storage sheet names 600,000 for passwords alone; here an attacker has to know all the rest as well)."""
_MOST_JOBS = 100_000
_NAMED = 5
_KIND: Literal["cron2fargate plan"] = "cron2fargate plan"

Text = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Mark = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", strict=True, frozen=True)


class Asked(_Part):
    """What ``plan`` was asked for. ``jobs`` are names of the workspace, None for all of it."""

    create: bool
    adopt: bool
    secrets_in_clear: bool
    prune: bool
    images: Annotated[list[Text], Field(max_length=1000)]
    jobs: Annotated[list[JobName], Field(max_length=_MOST_JOBS)] | None


class Marks(_Part):
    """Fingerprints of what a plan was made of."""

    settings: Mark
    specs: Mark
    aws: Mark


class SavedPlan(_Part):
    """The file. ``plan`` is what ``plan --format json`` prints, for people and programs; it is only compared."""

    kind: Literal["cron2fargate plan"]
    version: Literal[1]
    environment: Text
    account: Text
    region: Text
    asked: Asked
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    marks: Marks
    plan: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A plan that was made now: from these settings, for these specs, with these changes."""

    place: Place
    wanted: Inputs
    changes: Changes

    def settings_mark(self, salt: str) -> str:
        """As they are read: a comment in the file is no change."""
        return _mark(salt, [self.place.environment_name, repr(self.place.settings)])

    def specs_mark(self, salt: str) -> str:
        specs = sorted((spec.name, repr(spec)) for _, spec in self.wanted.specs)
        return _mark(salt, [*map(str, specs), *sorted(one.job for one in self.wanted.specs.left_out)])

    def aws_mark(self, salt: str) -> str:
        changes = self.changes
        jobs = [str((plan.name, plan.status, plan.refusals, _exact(plan.steps))) for plan in changes.plans]
        gone = [str((one.name, one.phase, _exact(one.steps))) for one in changes.gone.jobs] if changes.pruning else []
        files = [str(edit.changes) for edit in changes.edits]
        return _mark(salt, [*sorted(jobs), *sorted(gone), str(_exact(changes.frame)), *files])


def save(path: Path, made: Made, asked: Asked, where: tuple[str, str], plan: dict[str, Any]) -> None:
    """Writes the file whole or not at all; ``where`` is account and region, ``plan`` the masked plan."""
    salt = secrets.token_hex(16)
    marks = Marks(settings=made.settings_mark(salt), specs=made.specs_mark(salt), aws=made.aws_mark(salt))
    saved = SavedPlan(
        kind=_KIND,
        version=1,
        environment=made.place.environment_name,
        account=where[0],
        region=where[1],
        asked=asked,
        salt=salt,
        marks=marks,
        plan=plan,
    )
    text = json.dumps(saved.model_dump(by_alias=True), indent=2, ensure_ascii=False)
    write_atomic(path, text + "\n")


def read(path: Path) -> SavedPlan:
    """The plan in a file; UserError, one sentence, where it is none."""
    data = read_if_there(path, LARGEST_TEXT)
    if data is None:
        raise UserError(f"{path}: there is no such file; 'cron2fargate plan --save {path}' writes one")
    try:
        value = json_of(data)
        if not isinstance(value, dict) or value.get("kind") != _KIND:
            raise ValueError("it is no saved plan of cron2fargate")
        return SavedPlan.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"][:4]) or "the file"
        raise UserError(f"{path}: {place}: {first['msg']}; {_AGAIN}") from None
    except ValueError as error:
        raise UserError(f"{path}: {error}; {_AGAIN}") from None


_AGAIN = "make it anew with 'cron2fargate plan --save'"


def hold_account(path: Path, saved: SavedPlan, account: str, region: str) -> None:
    """UserError where the plan is one of another account or region."""
    if (saved.account, saved.region) != (account, region):
        raise UserError(
            f"{path}: this plan is not for account {account}, {region}; use the credentials it was made with"
        )


def hold(path: Path, saved: SavedPlan, made: Made, jobs: Iterable[Mapping[str, Any]]) -> None:
    """UserError where the settings, the specs or AWS are not as they were; ``jobs`` are those of the plan made now."""
    salt, marks = saved.salt, saved.marks
    if made.settings_mark(salt) != marks.settings:
        raise UserError(f"{path}: the settings have changed since this plan was made; {_AGAIN}")
    if made.specs_mark(salt) != marks.specs:
        raise UserError(f"{path}: {_which(saved, jobs)} changed since this plan was made; {_AGAIN}")
    if made.aws_mark(salt) != marks.aws:
        names = _different(saved, jobs)
        what = f" of {few(names, _NAMED)}" if names else ""
        raise UserError(f"{path}: what is on AWS{what} has changed since this plan was made; {_AGAIN}")


def _which(saved: SavedPlan, jobs: Iterable[Mapping[str, Any]]) -> str:
    names = _different(saved, jobs)
    if not names:
        return "an ecs.yml has"
    return f"the ecs.yml of {names[0]} has" if len(names) == 1 else f"the ecs.yml of {few(names, _NAMED)} have"


def _different(saved: SavedPlan, jobs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of jobs of today's plan that the file does not have like this: only names that are known here are said."""
    listed = saved.plan.get("jobs")
    before = {_comparable(one) for one in listed if isinstance(one, dict)} if isinstance(listed, list) else set()
    return [str(one["name"]) for one in jobs if _comparable(one) not in before]


def _comparable(job: Mapping[str, Any]) -> str:
    # The proof counts from today on, so it differs from day to day; the path is how the workspace was called.
    return json.dumps({key: value for key, value in job.items() if key not in {"proof", "path"}}, sort_keys=True)


def _exact(steps: Iterable[Step]) -> list[tuple[object, ...]]:
    """Steps with the values that are not shown. What the watchman is told holds the minute at which it was told."""
    return [
        (
            step.kind,
            step.name,
            step.action,
            step.note,
            [(one.field, one.exact or (one.old, one.new)) for one in step.changes],
        )
        if step.kind != watch.KIND
        else (step.kind, step.name, step.action)
        for step in steps
    ]


def _mark(salt: str, pieces: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for piece in pieces:
        data = piece.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(8, "big") + data)
    return hashlib.pbkdf2_hmac("sha256", whole.digest(), bytes.fromhex(salt), ROUNDS).hex()
