"""Bytes of a table that are no text: where they stand in a job, and whether its task would need them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from converters.findings.codes import Finding
from converters.specs.strict_yaml import Path, dotted
from converters.tables.crontab import Entry
from migrate.document.shown import shown

# A byte that UTF-8 does not know comes as a lone surrogate (PEP 383), which no UTF-8 file and no YAML may hold.
_BYTES = re.compile("[\ud800-\udfff]+")


def holds_bytes(entry: Entry, user: str | None) -> bool:
    """Whether anything that a job's ecs.yml is made of holds such a byte."""
    texts = (entry.raw_command, user or "", entry.stdin or "", *entry.environment, *entry.environment.values())
    return any(map(_BYTES.search, texts))


def of_bytes(spec: Mapping[str, object]) -> Finding:
    """What is to be said of a job with such bytes, by the ecs.yml that would be written for it."""
    found = next(_found(spec, ()), None)
    if found is None:
        return Finding("C104", "the line holds bytes that are not UTF-8, where its task does not need them")
    path, text = found
    # The first run is enough: ECS takes JSON, and JSON is Unicode (RFC 8259, section 8.1), so one is as bad as ten.
    bad = _BYTES.search(text)
    where = dotted(path[2:] if path[0] == "containers" else path)
    return Finding(
        "C129", f"`{shown(where)}` of its task would hold bytes that are not UTF-8 ({shown(bad[0]) if bad else ''})"
    )


def _found(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Path and text of each part of a spec that holds such bytes, names of variables too."""
    if isinstance(value, str):
        if _BYTES.search(value):
            yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _found(key, (*path, str(key)))
            yield from _found(inner, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _found(inner, (*path, number))
