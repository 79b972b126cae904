"""What the image's own USER may not start or read: modes and owners of files and of the directories above them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from converters.images.starters import Starter
from converters.images.tree import Node, Tree


def barred(tree: Tree, user: str, places: Iterable[str], starter: Starter) -> dict[str, str]:
    """Of these paths, those that ``user`` (as USER names one) may not use, each with the reason as the end of a sentence.

    Nothing of root, whom modes do not stop (capabilities(7), CAP_DAC_OVERRIDE), and nothing of a user without a number.
    """
    rights = _rights(tree, user)
    if rights is None or rights[0] == 0:
        return {}
    found = {}
    for place in places:
        why = _why(tree, place, *rights)
        node = tree.node(place)
        if not why and node is not None and node.kind == "file" and node.mode & 0o111:
            # Whoever starts a script starts its interpreter, and whoever starts a binary its loader (execve(2)).
            why = next((told for one in starter.taken(place) if (told := _why(tree, one, *rights))), "")
        if why:
            found[place] = why
    return found


def writable(tree: Tree, user: str, kept: Callable[[str], bool]) -> dict[str, bool]:
    """Directories, and files that are ``kept``, where it changes whether ``user`` may write: what is not named is as the next
    directory above. Empty where nobody knows the user's number."""
    rights = _rights(tree, user)
    if rights is None:
        return {}
    if rights[0] == 0:
        return {"/": True}
    top = tree.nodes.get("/", Node("directory", 0o755))
    entered, allowed = {"": True}, {"": _bits(top, *rights) & 3 == 3}
    found = {"/": allowed[""]}
    for path in sorted(tree.nodes, key=lambda one: one.split("/")):
        node, above = tree.nodes[path], path.rpartition("/")[0]
        if (
            path == "/"
            or above not in entered
            or (node.kind != "directory" and not (node.kind == "file" and kept(path)))
        ):
            continue
        bits = _bits(node, *rights)
        needed = 3 if node.kind == "directory" else 2
        may = entered[above] and bits & needed == needed
        if node.kind == "directory":
            entered[path], allowed[path] = entered[above] and bool(bits & 1), may
        if may != allowed[above]:
            found[path] = may
    return found


def _why(tree: Tree, place: str, number: int, groups: frozenset[int]) -> str:
    real = tree.resolve(place)
    node = tree.nodes.get(real) if real else None
    if real is None or node is None or node.kind != "file":
        return ""
    parts = real.split("/")
    above = ["/".join(parts[:count]) for count in range(2, len(parts))]
    for path in above:
        directory = tree.nodes.get(path)
        if directory is not None and not _bits(directory, number, groups) & 1:
            return _said(path, directory)
    # Who starts a script reads it: the interpreter opens it again (execve(2)). A binary asks for x alone.
    bits = _bits(node, number, groups)
    needed = (1 if node.starts.startswith("ELF ") else 5) if node.mode & 0o111 else 4
    return "" if bits & needed == needed else _said(real, node)


def _bits(node: Node, number: int, groups: frozenset[int]) -> int:
    """The first class that fits counts alone: an owner without r does not get it from the group (path_resolution(7))."""
    if node.uid == number:
        return node.mode >> 6 & 7
    return (node.mode >> 3 if node.gid in groups else node.mode) & 7


def _said(path: str, node: Node) -> str:
    return f"`{path}` has mode {node.mode & 0o7777:04o} and belongs to {node.uid}:{node.gid}"


def _rights(tree: Tree, user: str) -> tuple[int, frozenset[int]] | None:
    """Number and groups of a user; None where nobody knows the number. Without a group in USER the passwd's counts, and then
    those of the group file too (OCI runtimes, `additionalGids`)."""
    name, _, group = user.partition(":")
    if not name:
        return 0, frozenset()
    rows = [line.split(":") for line in (tree.text("/etc/passwd") or "").splitlines()]
    row = next((one for one in rows if len(one) > 3 and name in (one[0], one[2])), None)
    number = _number(name)
    if number is None and row is not None:
        number = _number(row[2])
    if number is None:
        return None
    lines = [line.split(":") for line in (tree.text("/etc/group") or "").splitlines()]
    if group:
        named = _number(next((one[2] for one in lines if len(one) > 2 and group == one[0]), group))
        return number, frozenset(() if named is None else {named})
    # A number that the passwd does not know runs with group 0 (OCI image configuration, `User`).
    own = _number(row[3]) if row else 0
    more = (_number(one[2]) for one in lines if row and len(one) > 3 and row[0] in one[3].split(","))
    return number, frozenset(one for one in (own, *more) if one is not None)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 11 else None
