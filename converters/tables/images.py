"""Names of container images, as ECS takes them."""

from __future__ import annotations

import re

# API reference "ContainerDefinition": up to 255 letters, digits, hyphens, underscores, colons, periods, slashes and number
# signs; and `repository-url/image@digest`.
_IMAGE = re.compile(r"[A-Za-z0-9_.:/#@-]{1,255}")
WHAT = "must be an image such as repository/name:tag: letters, digits and - _ : . / # @ only, 255 at most"


def image(text: str) -> str:
    """The name; ValueError where ECS would refuse it."""
    if not _IMAGE.fullmatch(text):
        raise ValueError(WHAT)
    return text
