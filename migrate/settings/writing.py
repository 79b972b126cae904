"""A cron2fargate.yml with values in it: the commented default text, in which each given key takes the place of its own line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from converters.specs.text import ecs_text
from migrate.settings.loading import DEFAULT_REGION, default_settings_text

_NAME = re.compile(r"^  sandbox:$", re.MULTILINE)
_TASKS = (
    'Replace every CHANGE_ME; until then only --rehearse works. A line that starts with "# " and a key is optional.'
)
_DONE = 'A line that starts with "# " and a key is optional.'


def settings_text(owner: str, environment: str, values: Mapping[str, object], comments: Sequence[str] = ()) -> str:
    """``values`` are by the keys of an environment; what is not among them stays as in the default text."""
    lines = default_settings_text(owner, str(values.get("region", DEFAULT_REGION))).splitlines()
    for key, value in values.items():
        lines = _with(lines, key, value)
    text = "\n".join(lines) + "\n"
    text = _NAME.sub(lambda _: ecs_text({environment: 0}, schema=None).replace(" 0\n", "").join(("  ", "")), text)
    if "CHANGE_ME" not in re.sub(r"(?m)^\s*#.*$", "", text):
        text = text.replace(_TASKS, _DONE)
    return text


def _with(lines: Sequence[str], key: str, value: object) -> list[str]:
    """With ``key: value`` in the place of its line, be that a comment, and of what belongs to it; else at the end."""
    block = [f"    {line}" for line in ecs_text({key: value}, schema=None).splitlines()]
    at = next((n for n, line in enumerate(lines) if re.match(rf"    (# )?{re.escape(key)}:", line)), len(lines))
    until = at + 1
    # A list stands under its key, a mapping further in; a commented one has more than one blank behind its sign.
    inner = re.compile(r"    #   |    [ -]")
    while until < len(lines) and inner.match(lines[until]):
        until += 1
    return [*lines[:at], *block, *lines[until:]]
