"""What a repository's lifecycle policy does to an image: the policy's text and the images there -> when this one expires.

ECR's rules (docs "Examples of lifecycle policies in Amazon ECR", "Lifecycle policy properties"): rules go by ``rulePriority``,
lowest first; an image that a rule's tags select is expired by no rule of a lower priority; several prefixes or patterns of one
rule must all match; ``imageCountMoreThan`` keeps the newest by push time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

DAY = 86400


class LifecycleError(ValueError):
    """The policy has something that is not known here; the text says what."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One image of a repository: its digest, its tags, when it was pushed (seconds since 1970)."""

    digest: str
    tags: tuple[str, ...]
    pushed: float


def expires(policy: str, images: Iterable[Stored], digest: str) -> float | None:
    """When the image may be deleted (seconds since 1970, which may be past), or None where no rule takes it.

    ECR deletes within a day of that. Raises LifecycleError for a policy or a rule that cannot be read.
    """
    left = list(images)
    for rule in _rules(policy):
        selection = rule.get("selection")
        if not isinstance(selection, dict):
            raise LifecycleError("a rule without a selection")
        chosen = sorted(
            (one for one in left if _selects(selection, one.tags)), key=lambda one: one.pushed, reverse=True
        )
        mine = next((place for place, one in enumerate(chosen) if one.digest == digest), None)
        if mine is not None:
            return _when(selection, chosen, mine)
        # What a rule has selected is of no account to the rules below it.
        left = [one for one in left if one not in chosen]
    return None


def _rules(policy: str) -> list[Mapping[str, object]]:
    try:
        found = json.loads(policy)["rules"]
        return sorted(found, key=lambda rule: int(rule["rulePriority"]))
    except (ValueError, KeyError, TypeError) as error:
        raise LifecycleError("a policy that is none") from error


def _selects(selection: Mapping[str, object], tags: Sequence[str]) -> bool:
    status = selection.get("tagStatus")
    if status == "any":
        return True
    if status == "untagged":
        return not tags
    if status != "tagged":
        raise LifecycleError(f"the tagStatus {status}")
    patterns = [f"{prefix}*" for prefix in _texts(selection, "tagPrefixList")] + _texts(selection, "tagPatternList")
    # `*` is the only wildcard of ECR, where fnmatch knows `?` and `[` as well: a tag holds neither.
    return bool(patterns) and all(any(fnmatchcase(tag, pattern) for tag in tags) for pattern in patterns)


def _texts(selection: Mapping[str, object], key: str) -> list[str]:
    found = selection.get(key, [])
    return [str(one) for one in found] if isinstance(found, list) else []


def _when(selection: Mapping[str, object], chosen: Sequence[Stored], mine: int) -> float | None:
    kind, number = selection.get("countType"), selection.get("countNumber")
    if not isinstance(number, int):
        raise LifecycleError(f"the countNumber {number}")
    if kind == "imageCountMoreThan":
        # It went beyond the number when the image that pushed it out came.
        return chosen[mine - number].pushed if mine >= number else None
    if kind == "sinceImagePushed" and selection.get("countUnit", "days") == "days":
        return chosen[mine].pushed + number * DAY
    raise LifecycleError(f"the countType {kind}")
