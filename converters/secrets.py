"""Secrets in text."""

from __future__ import annotations

import re

MASK = "****"
_SIMPLE = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)|(?<=hooks\.slack\.com/services/)\S+|(?<=PASSWORD=)\S+")


def mask(text: str) -> str:
    return _SIMPLE.sub(MASK, text)
