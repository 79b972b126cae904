"""ecs.yml as it may be shown: developers edit it, so it may hold a secret that no crontab had."""

from __future__ import annotations

import re
from functools import lru_cache

from converters.secrets.search import mask, mask_variable

# YAML is not parsed: the text is shown with its comments and in its order, also where it cannot be read.
_PAIR = re.compile(
    r"(?P<key>[ ]*(?:- )?[\"']?(?P<name>[A-Za-z_]\w*)[\"']?:[ ]+)(?P<quote>[\"']?)(?P<value>.*?)(?P=quote)"
)
_REFERENCES = re.compile(r"(?P<indent>[ ]*)(?:- )?(?:secrets|secretOptions):[ ]*")


@lru_cache(maxsize=4096)
def masked_spec(text: str) -> str:
    """The text with ``****`` for each secret. What stands under ``secrets:`` are names of secrets, which are no secrets."""
    inside: int | None = None
    lines = []
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        # The block ends with the first line that is indented no deeper; blank lines end nothing.
        if inside is not None and line.strip() and indent <= inside:
            inside = None
        references = _REFERENCES.fullmatch(line)
        if references:
            inside = len(references["indent"])
        lines.append(line if inside is not None else _masked(line))
    # A key goes over many lines, so it can only be seen in the whole text; the search costs, so it is asked for
    # first.
    return mask("\n".join(lines)) if "-----BEGIN" in text else "\n".join(lines)


def _masked(line: str) -> str:
    pair = _PAIR.fullmatch(line)
    if pair is None or not pair["value"]:
        # A line that is no pair may still hold a password: a folded command, a list item.
        return mask(line)
    return f"{pair['key']}{pair['quote']}{mask_variable(pair['name'], pair['value'])}{pair['quote']}"
