"""A shell script with what it reads in: ``. "$(dirname "$0")/lib.sh"`` stands for that file's text.

Pure: the caller reads the files. What cannot be worked out, or not be read, stays as it is.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_OWN = r"[\"']?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})[\"']?"
_WHOLE = re.compile(r'"\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"')
_ITSELF = rf"(?:{_OWN}|[\"']?\$\(\s*(?:readlink\s+-[ef]+|realpath)\s+(?:--\s+)?{_OWN}\s*\)[\"']?)"
_DIRECTORY = re.compile(
    rf"\$\(\s*dirname\s+(?:--\s+)?{_ITSELF}\s*\)|`\s*dirname\s+(?:--\s+)?{_OWN}\s*`|\$\{{(?:0|BASH_SOURCE(?:\[0\])?)%/\*\}}"
)
# "$(cd "$(dirname "$0")/.." && pwd)", once the inner one is filled in.
_ENTERED = re.compile(
    r"\$\(\s*cd\s+(?:-P\s+)?(?:--\s+)?[\"']?(/[\w./+@-]*)[\"']?(?:/(\.\.(?:/\.\.)*))?[\"']?\s*(?:&?>\s*/dev/null\s*)?(?:2>&1\s*)?"
    r"(?:&&|;)\s*pwd(?:\s+-P)?\s*\)"
)
_ASSIGNED = re.compile(
    r"^[ \t]*(?:export\s+|readonly\s+|local\s+|declare\s+(?:-\w+\s+)?)?([A-Za-z_]\w*)=[\"']?([\w./+@:-]*)[\"']?[ \t]*$",
    re.M,
)
_SOURCED = re.compile(r"^([ \t]*)(?:\.|source)[ \t]+[\"']?([\w./+@${}-]+)[\"']?[ \t]*(?:\|\|.*)?(?:#.*)?$", re.M)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PLAIN = re.compile(r"/[\w./+@-]+")
_DEPTH = 3
_LONGEST = 512 * 1024


def with_own_place(text: str, path: str) -> str:
    """The text with the directory of the script, and the script itself, where it asks for them: ``$(dirname "$0")``. Paths
    with other than plain characters are left alone."""
    if not _PLAIN.fullmatch(path):
        return text
    text = _DIRECTORY.sub(lambda _match: posixpath.dirname(path) or "/", text)
    text = _ENTERED.sub(lambda match: posixpath.normpath(f"{match[1]}/{match[2] or ''}"), text)
    # Only between its own quotes: `awk '{print $0}'` is another one's.
    return _WHOLE.sub(lambda _match: f'"{path}"', text)


def with_sourced(text: str, path: str, read: Callable[[str], str | None], depth: int = 0) -> str:
    """The text with the files that lines of it read in, as far as ``read`` knows them: three deep, and half a MiB."""
    text = with_own_place(text, path)
    if depth >= _DEPTH or len(text) > _LONGEST:
        return text
    values = dict(_ASSIGNED.findall(text))
    parts: list[str] = []
    at = length = 0
    for match in _SOURCED.finditer(text):
        file = _VARIABLE.sub(lambda name: values.get(name[1] or name[2], name[0]), match[2])
        inner = read(file) if file.startswith("/") and "$" not in file and file != path else None
        if inner is None or (length := length + len(inner)) > _LONGEST:
            continue
        parts += [text[at : match.start()], with_sourced(inner, file, read, depth + 1)]
        at = match.end()
    return "".join((*parts, text[at:]))


def values_of(text: str) -> dict[str, str]:
    """Variables that a line of the text sets to a plain literal."""
    return dict(_ASSIGNED.findall(text))


def filled_in(word: str, values: dict[str, str]) -> str:
    """``$LOCK`` as what the text has set it to."""
    return _VARIABLE.sub(lambda name: values.get(name[1] or name[2], name[0]), word)
