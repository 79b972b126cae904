"""Text of a crontab as anybody may see it."""

from __future__ import annotations

from converters.secrets.search import mask


def shown(text: str, *, environment_line: bool = False) -> str:
    """Text of a crontab as it may be shown: secrets masked, stray bytes as ``\\xNN``."""
    masked = mask(text, environment_line=environment_line)
    try:
        masked.encode()
    except UnicodeEncodeError:
        return masked.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    # The text itself and no copy: a document says most texts of a scan once more.
    return masked
