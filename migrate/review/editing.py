"""An answer as text in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from migrate.errors import UserError

_USUAL = ("sensible-editor", "vi", "nano")


def editor() -> list[str]:
    """The words of $VISUAL or $EDITOR, else the first usual editor there is; UserError where there is none."""
    import shutil

    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(name, ""))
        except ValueError:
            continue
        if words:
            return words
    for program in _USUAL:
        found = shutil.which(program)
        if found:
            return [found]
    raise UserError("there is no editor; set EDITOR, for example EDITOR=vi")


def edited(text: str) -> str | None:
    """``text`` as it comes back from the editor; None where it is unchanged or the editor failed.

    The file lies in a directory of its own that only its owner can read, and is gone afterwards.
    """
    words = editor()
    with tempfile.TemporaryDirectory(prefix="cron2fargate-") as directory:
        path = Path(directory) / "decision.yml"
        path.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*words, str(path)], check=False)  # noqa: S603  # the user's own editor
        except OSError as error:
            raise UserError(
                f"{words[0]}: cannot be started ({error.strerror}); set EDITOR to another editor"
            ) from error
        if done.returncode != 0:
            return None
        try:
            found = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
    return found if found != text else None
