"""What a shell offers after Tab: names of jobs, environments, zones, codes. Loaded only while a shell asks.

Parameters are known by their names, so every command that takes a job or an environment completes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from migrate.settings.loading import SETTINGS_FILE

if TYPE_CHECKING:
    _Type = click.ParamType[str]  # generic in the stubs of newer releases only
else:
    _Type = click.ParamType

_SMALL = 1 << 20
Candidates = Callable[[click.Context], Iterable[tuple[str, str]]]


class Offered(_Type):
    """Text as it is given, with candidates: pairs of a value and what it means (empty where it needs no words)."""

    name = "text"

    def __init__(self, candidates: Candidates) -> None:
        self.candidates = candidates

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        # A workspace that cannot be read is no reason to print an error into somebody's command line.
        # Any exception: between two keys of somebody's typing a traceback is the worst answer.
        with suppress(Exception):
            start = incomplete.casefold()
            found = sorted(self.candidates(ctx))
            return [CompletionItem(value, help=means) for value, means in found if value.casefold().startswith(start)]
        return []


def with_candidates(command: click.Command) -> None:
    """Give the parameters of a command their candidates."""
    for parameter in command.params:
        candidates = _BY_NAME.get(parameter.name or "")
        # A choice or a path completes itself.
        if candidates is not None and isinstance(parameter.type, click.types.StringParamType):
            parameter.type = Offered(candidates)


def jobs(context: click.Context) -> list[tuple[str, str]]:
    """The jobs of the workspace (``--out``): those with a spec, and those that scan only knows."""
    # Imported here: a shell waits for each Tab, and most commands complete without it.
    from migrate.machine.files import confined
    from migrate.workspace.specs import known_names

    out = _workspace(context)
    names: set[str] = set()
    # By the places of the workspace: a link in it leads a shell's Tab nowhere else.
    with suppress(Exception):
        names |= {one.name for one in confined(out, "jobs").entries() if (one / "ecs.yml").exists()}
    with suppress(Exception):
        names |= set(known_names(out).values())
    return [(name, "") for name in names]


def environments(context: click.Context) -> list[tuple[str, str]]:
    """The environments of the settings, also of a file that is not filled in yet."""
    import yaml

    from migrate.machine.files import confined, read_if_there

    named = context.params.get("settings")
    # A shell waits for each Tab: no more is read than settings are, no FIFO or device, and through no link out.
    data = read_if_there(Path(named) if named else confined(_workspace(context), SETTINGS_FILE), _SMALL)
    # Read loosely: a file that is half filled in has names already.
    found = yaml.safe_load((data or b"").decode("utf-8"))["environments"]
    return [(str(name), str(value.get("region") or "")) for name, value in found.items()]


def zones(_context: click.Context) -> list[tuple[str, str]]:
    """Every zone of the time zone data."""
    from zoneinfo import available_timezones

    return [(name, "") for name in available_timezones()]


def codes(_context: click.Context) -> list[tuple[str, str]]:
    """Every code of a finding, with its title."""
    from converters.findings.codes import CATALOGUE
    from migrate.terminal.language import finding_title

    return [(code, finding_title(code)) for code in CATALOGUE]


def _workspace(context: click.Context) -> Path:
    # While completing, click holds back defaults that are not typed.
    return Path(context.params.get("out") or "migration")


_BY_NAME: dict[str, Candidates] = {
    "job": jobs,
    "jobs": jobs,
    "name": jobs,
    "names": jobs,
    "environment": environments,
    "timezone": zones,
    "zone": zones,
    "zone_name": zones,
    "what": codes,
    "code": codes,
    "codes": codes,
}
