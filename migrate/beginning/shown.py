"""What `cron2fargate init` prints: the files, what of a job was left out or changed, and what is still to be done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from converters.findings.few import few
from converters.secrets.parameters import store_text
from migrate.settings.loading import SETTINGS_FILE
from migrate.terminal.console import console, note, say
from migrate.terminal.language import _, ngettext

if TYPE_CHECKING:
    from migrate.beginning.discovered import Discovered
    from migrate.beginning.taking import Taken
    from migrate.workspace.first_files import Begun

_FEW = 8


def files(out: Path, begun: Begun, taken: Taken, kept: list[str]) -> None:

    place = console()
    for path in begun.written:
        say(place, f"+ {out / path}", indent=2)
        for text in taken.notes.get(Path(path).parent.name, []) if path.endswith("/ecs.yml") else []:
            note(place, text, "dim", indent=6)
    for path in begun.there:
        text = _("{path} is there already and stays as it is").format(path=out / path)
        say(place, f"! {text}", "yellow", indent=2)
    for key in kept:
        text = _("cron2fargate.yml is there and stays; it does not have {setting}").format(setting=key)
        say(place, f"! {text}", "yellow", indent=2)
    for one in taken.left:
        say(place, "x " + _("{what} is left out: {why}").format(what=one.label, why=one.why), "red", indent=2)
    if taken.parameters:
        words = ngettext(
            "{n} secret stood in clear; put its value into its parameter, then change it:",
            "{n} secrets stood in clear; put each value into its parameter, then change it:",
            len(taken.parameters),
        )
        say(place, words.format(n=len(taken.parameters)), "bold")
        for line in store_text(taken.parameters).splitlines():
            say(place, line, indent=4)


def account(seen: Discovered | None) -> None:
    """What of the account is no job here, and what could not be read."""

    if seen is None:
        return
    if not seen.makers and not seen.typed.rules and not seen.typed.schedules and not seen.typed.services:
        say(console(), _("The account starts no task of ECS that is in no workspace."))
    for names, text in (
        (seen.others, _("{n} start something else than a task of ECS: {names}; cron2fargate discover shows them")),
        (seen.owned, _("{n} belong to a workspace already: {names}")),
    ):
        if names:
            note(console(), text.format(n=len(names), names=few(names, _FEW)), indent=2)
    for what, times in seen.unread.items():
        say(console(), "! " + _("not read: {what}").format(what=what) + (f" ({times})" if times > 1 else ""), "yellow")


def rest(out: Path, environment: str, taken: Taken, begun: Begun, *, adopt: bool) -> None:

    missing = [key for key in ("subnets", "securityGroups") if key not in taken.values]
    if missing and SETTINGS_FILE in begun.written:
        text = _("{path}: CHANGE_ME stands for {keys}; fill it in").format(
            path=out / SETTINGS_FILE, keys=", ".join(missing)
        )
        say(console(), f"! {text}", "yellow", indent=2)
    if not taken.texts and SETTINGS_FILE in begun.written:
        note(console(), _("Next: {command}").format(command=f"cron2fargate scan --out {out}"))
    if taken.texts:
        # Rules and families of the same names are somebody else's until they are taken over.
        command = f"cron2fargate plan --out {out} -e {environment} --create{' --adopt' if adopt else ''}"
        note(console(), _("Next: {command}").format(command=command))
