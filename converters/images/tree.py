"""Layers laid over each other: entries and whiteouts of one layer after the other -> the files that a container finds.

The rules are those of the OCI image specification (layer.md): a whiteout hides a name of *lower* layers only, an opaque one
all children of its directory, wherever in the layer it stands; a directory over a directory keeps what is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_LINKS = 40  # as many as Linux follows (path_resolution(7))


class Node(NamedTuple):
    """What stands at a path: ``kind`` is a file, directory, link or something else. ``starts`` is the first line behind `#!`,
    or ``ELF MACHINE LOADER`` of a binary; of other files it is empty. ``crlf``: a text whose first line ends with CR LF."""

    kind: Literal["file", "directory", "link", "other"]
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    link: str = ""
    starts: str = ""
    crlf: bool = False


@dataclass(slots=True)
class Layer:
    """One layer: its own entries by absolute path, the paths it takes away, the directories it empties first, the texts of
    files that somebody may ask for, and hard links to files of the layers below."""

    entries: dict[str, Node] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    opaque: set[str] = field(default_factory=set)
    texts: dict[str, bytes] = field(default_factory=dict)
    hard: dict[str, str] = field(default_factory=dict)


class Tree:
    """All layers so far."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.texts: dict[str, bytes] = {}

    def lay(self, layer: Layer) -> None:
        """Put a layer over what is there; in one pass, however many whiteouts it has."""
        # `bin/x` where a lower layer has /bin -> usr/bin lies in /usr/bin: whoever unpacks a layer follows the links of its
        # parents inside the root (containerd, archive/tar.go; Docker, pkg/archive/diff.go).
        linked = {path for path, node in self.nodes.items() if node.kind == "link"}
        gone = {self._placed(path, linked) for path in layer.gone}
        opaque = {self._placed(path + "/.", linked) for path in layer.opaque}
        replaced = {self._placed(path, linked) for path, node in layer.entries.items() if node.kind != "directory"}
        old, texts = self.nodes, dict(self.texts)
        kept = {path: node for path, node in old.items() if not _hidden(path, gone, opaque, replaced)}
        for path in old.keys() - kept.keys():
            self.texts.pop(path, None)
        self.nodes = kept
        for named, node in layer.entries.items():
            path = self._placed(named, linked)
            shared = layer.hard.get(named)
            kept[path] = old.get(self._placed(shared, linked), node) if shared is not None else node
            self.texts.pop(path, None)
            text = layer.texts.get(named) if shared is None else texts.get(self._placed(shared, linked))
            if text is not None:
                self.texts[path] = text
            if node.kind == "link":
                linked.add(path)
            else:
                linked.discard(path)
            _above(path, kept)

    def _placed(self, path: str, linked: set[str]) -> str:
        """Where an entry of this path is put: its parents' links are followed, it itself is not."""
        above = path.rpartition("/")[0]
        while above and above not in linked:
            above = above.rpartition("/")[0]
        if not above:
            return path.removesuffix("/.") or "/"
        parent, _, name = path.rpartition("/")
        real = self.resolve(parent)
        if real is None:
            return path.removesuffix("/.")
        return real if name == "." else f"{real.rstrip('/')}/{name}"

    def resolve(self, path: str) -> str | None:
        """The path behind all links, none of which leads out; None where one leads nowhere or in a circle."""
        parts = [part for part in path.split("/") if part not in ("", ".")]
        done: list[str] = []
        followed = 0
        while parts:
            part = parts.pop(0)
            if part == "..":
                done = done[:-1]
                continue
            here = "/" + "/".join([*done, part])
            node = self.nodes.get(here)
            if node is None:
                return None
            if node.kind != "link":
                done.append(part)
                continue
            followed += 1
            if followed > _LINKS or len(parts) > 4096:
                return None
            target = [one for one in node.link.split("/") if one not in ("", ".")]
            done = [] if node.link.startswith("/") else done
            parts = [*target, *parts]
        return "/" + "/".join(done)

    def node(self, path: str) -> Node | None:
        """What a program finds at a path, links followed."""
        real = self.resolve(path)
        return self.nodes.get(real) if real not in (None, "/") else Node("directory", 0o755) if real == "/" else None

    def text(self, path: str) -> str | None:
        """The text of a file that was kept."""
        real = self.resolve(path)
        found = self.texts.get(real) if real is not None else None
        return found.decode("utf-8", "replace") if found is not None else None


def _above(path: str, nodes: dict[str, Node]) -> None:
    """The directories above an entry, which a layer need not list: whoever unpacks it makes them."""
    above = path.rpartition("/")[0]
    while above and above not in nodes:
        nodes[above] = Node("directory", 0o755)
        above = above.rpartition("/")[0]


def _hidden(path: str, gone: set[str], opaque: set[str], replaced: set[str]) -> bool:
    """Whether a lower layer's path is no longer seen: it, or a directory above it, was taken away, emptied or replaced."""
    if path in gone:
        return True
    above = path.rpartition("/")[0]
    while above:
        if above in gone or above in opaque or above in replaced:
            return True
        above = above.rpartition("/")[0]
    return "/" in opaque


def clean(name: str) -> str | None:
    """A member's name as an absolute path; None where it would lead out, as only a hostile layer's does."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return None if ".." in parts or "\0" in name else "/" + "/".join(parts)


def whiteout(path: str) -> tuple[str, str] | None:
    """What a whiteout's path takes away: (``opaque``, directory) or (``gone``, path); None for an ordinary entry."""
    directory, _, name = path.rpartition("/")
    if not name.startswith(WHITEOUT):
        return None
    if name == OPAQUE:
        return "opaque", directory or "/"
    return "gone", f"{directory}/{name[len(WHITEOUT) :]}"


def laid(layers: Iterable[Layer]) -> Tree:
    """The tree of these layers, the lowest first."""
    tree = Tree()
    for layer in layers:
        tree.lay(layer)
    return tree
