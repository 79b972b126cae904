"""What `disable --all` switched off, by environment, in the workspace: so that `enable --all` switches on just that again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrate.aws.frames import Frame
from migrate.errors import UserError
from migrate.machine.files import confined, json_of, make_directory, read_if_there, write_atomic
from migrate.settings.loading import SCHEMA_DIRECTORY

FILE = f"{SCHEMA_DIRECTORY}/switched-off.json"


@dataclass(frozen=True, slots=True)
class Off:
    """One rule, schedule or service of a job."""

    job: str
    backend: str
    name: str
    cluster: str = ""

    @classmethod
    def of(cls, job: str, frame: Frame) -> Off:
        # Two clusters may each have a service of one name.
        return cls(job, frame.backend, frame.name, frame.cluster if frame.backend == "service" else "")


class SwitchedOff:
    """Of one workspace, account and region. What changes it returns when the disk has it."""

    def __init__(self, out: Path, environment: str, account: str, region: str) -> None:
        self._path, self._environment = confined(out, FILE), environment
        self._place = {"account": account, "region": region}
        self._data = self._load()
        there = self._data["environments"].get(environment, self._place)
        if {key: there.get(key) for key in self._place} != self._place:
            raise UserError(
                f"{self._path}: what was switched off in {environment} is in account {there.get('account')}, "
                f"{there.get('region')}, and this is account {account}, {region}; choose its profile and region"
            )

    def _load(self) -> dict[str, Any]:
        data = read_if_there(self._path)
        if data is None:
            return {"version": 1, "environments": {}}
        try:
            found = json_of(data)
            if not isinstance(found, dict) or found.get("version") != 1:
                raise ValueError("it is of another version")
            for one in found["environments"].values():
                for off in one["off"]:
                    Off(**off)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{self._path}: it does not tell what was switched off ({error}); take it from a backup, or remove it and "
                "enable each job by name"
            ) from None
        return found

    def all(self) -> list[Off]:
        return [Off(**one) for one in self._data["environments"].get(self._environment, {}).get("off", ())]

    def add(self, found: Sequence[Off]) -> None:
        """What was off before by an earlier call stays remembered."""
        self._keep(list(dict.fromkeys([*self.all(), *found])))

    def forget(self, found: Sequence[Off]) -> None:
        self._keep([one for one in self.all() if one not in set(found)])

    def _keep(self, found: list[Off]) -> None:
        environments = self._data["environments"]
        if found:
            off = [{key: getattr(one, key) for key in Off.__slots__} for one in found]
            environments[self._environment] = {**self._place, "off": off}
        else:
            environments.pop(self._environment, None)
        make_directory(self._path.parent)
        # durable: once a rule is off, nothing else knows that it was on.
        write_atomic(self._path, json.dumps(self._data, indent=1, ensure_ascii=False) + "\n", durable=True)
