"""Proposals as they were before any decision, so that an answer can be taken back: a spec is always made from these.

``.cron2fargate/undecided.json`` has them for the jobs whose proposal differs by a decision, with hashes of the proposals that
were made from each; one that belongs to no current proposal is out of date and not used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from migrate.machine.files import confined, json_of, make_directory, read_if_there, write_atomic
from migrate.settings.loading import SCHEMA_DIRECTORY

BASES_FILE = f"{SCHEMA_DIRECTORY}/undecided.json"


def undecided_text(bases: Mapping[str, object], name: str, proposed: str) -> str:
    """The proposal of a job before its decisions; ``proposed`` itself where that is all there is."""
    known = bases.get(name)
    if isinstance(known, Mapping) and isinstance(known.get("text"), str) and _hash(proposed) in known.get("made", ()):
        return str(known["text"])
    return proposed


def load_bases(out: Path) -> dict[str, object]:
    """What is remembered; a damaged file only means that answers cannot be taken back to before the last proposal."""
    try:
        found = json_of(read_if_there(confined(out, BASES_FILE)) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def remember_bases(out: Path, made: Mapping[str, tuple[str, str]], proposed: Mapping[str, str]) -> None:
    """Remember, by job name, (text before decisions, text after). ``proposed`` are the last proposals until now.

    To be called before the new proposals are written: were we killed between the two, both are recognised.
    """
    known = load_bases(out)
    for name, (before, after) in made.items():
        if before == after:
            known.pop(name, None)
        else:
            last = proposed.get(name)
            hashes = {_hash(after), *([_hash(last)] if last is not None else [])}
            known[name] = {"made": sorted(hashes), "text": before}
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(known[name], ensure_ascii=False)}" for name in sorted(known))
    if known or confined(out, BASES_FILE).exists():
        make_directory(confined(out, SCHEMA_DIRECTORY))
        write_atomic(confined(out, BASES_FILE), f"{{\n{rows}\n}}\n")


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
