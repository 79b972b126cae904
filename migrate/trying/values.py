"""`--env-file`: NAME=VALUE on each line, as docker and podman read it, for the values of a job's secrets."""

from __future__ import annotations

from pathlib import Path

from migrate.errors import UserError
from migrate.machine.files import LARGEST_TEXT, read_if_there


def read_values(path: Path) -> dict[str, str]:
    """Names and values; UserError where a line is none. Quotes are part of a value, as docker takes them."""
    data = read_if_there(path, LARGEST_TEXT)
    if data is None:
        raise UserError(f"{path}: there is no such file; name one with NAME=VALUE on each line")
    found: dict[str, str] = {}
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, sign, value = line.partition("=")
        # The line may hold a secret, so it is not shown.
        if not sign or not name.strip() or "\0" in line:
            raise UserError(f"{path}:{number}: not NAME=VALUE; write one variable a line")
        found[name.strip()] = value
    return found
