"""What could not be read for want of a permission: told once for each permission, while the rest goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from migrate.aws.errors import denied, error_code, is_denied

Found = TypeVar("Found")

# A thing that was deleted between the list and the look at it.
_GONE = {
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
    "ClusterNotFoundException",
    # DescribeTaskDefinition of a definition that was deleted: "Unable to describe task definition."
    "ClientException",
    "InvalidParameterException",
}


@dataclass(slots=True)
class Unread:
    """What is missing -> of how many things it hides something."""

    missing: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, what: str, read: Callable[[], Found], otherwise: Found) -> Found:
        """What ``read`` answers; ``otherwise`` where that is not allowed, or the thing is gone meanwhile."""
        from botocore.exceptions import ClientError

        try:
            return read()
        except ClientError as error:
            if is_denied(error):
                # Without the ARN: it names one of a thousand things alike.
                said = f"{what}: {denied(error).partition(' on ')[0]}"
                with self._lock:
                    self.missing[said] = self.missing.get(said, 0) + 1
                return otherwise
            if error_code(error) in _GONE:
                return otherwise
            raise
