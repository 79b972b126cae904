"""The hosts of a scan: what each is called, so that no two have one name, and where the links of its file system lead."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from converters.commands.lock_names import Links, LockPlace
from migrate.machine.rooted import Tree
from migrate.sources import Source
from migrate.sources.collected import files_of

_EVERY_HOST = frozenset({"localhost", "localhost.localdomain"})


class Hosts:
    """The hosts whose tables were read. One of this machine, and one that nothing shows, has no name.

    A host has the name that its tree's own files say, else that of the directory it lies in; where two would have
    one name, as much of their paths stands in front as keeps them apart.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        read = list(sources)
        here = {source.root for source in read if source.live} | {Path("/")}
        roots = {source.root for source in read if source.root is not None} - here
        self._names = _names(sorted(roots))
        self._links: dict[Path, Links] = {}

    def name(self, source: Source) -> str:
        """The name of a table's host, empty for this machine and where nothing tells."""
        return "" if source.root is None else self._names.get(source.root, "")

    def place(self, source: Source, user: str | None, directory: str | None) -> LockPlace:
        """Where the jobs of a table take their locks. Whose table it is tells whose job it is, where nothing else does."""
        owner = user or source.path
        if source.root is None:
            return LockPlace(owner=owner, directory=directory)
        if source.root not in self._links:
            self._links[source.root] = _links_of(Tree(source.root))
        return LockPlace(self.name(source), owner, directory, self._links[source.root])


def _names(roots: list[Path]) -> dict[Path, str]:
    """A name for each root, no two alike: as many of its last directories as that needs, where no host's name does."""
    found = {root: _hostname(root) or root.name for root in roots}
    depths = dict.fromkeys(roots, 0)
    while True:
        counted = Counter(found.values())
        # Whole paths are no two alike, so each round leaves fewer that can be longer, and the last leaves none alike.
        alike = [root for root in roots if counted[found[root]] > 1 and depths[root] < len(root.parts) - 1]
        if not alike:
            return found
        for root in alike:
            depths[root] += 1
            found[root] = "/".join(root.parts[-depths[root] :])


def _hostname(root: Path) -> str:
    name = files_of(Tree(root)).hostname() or ""
    return "" if name.lower() in _EVERY_HOST else name


def _links_of(tree: Tree) -> Links:
    known: dict[str, str | None] = {}

    def links(path: str) -> str | None:
        if path not in known:
            known[path] = _link(tree, path)
        return known[path]

    return links


def _link(tree: Tree, path: str) -> str | None:
    place = tree.place(path)
    try:
        return os.fsencode(place.readlink()).decode("utf-8", "surrogateescape")
    except OSError:
        return "" if place.is_there() else None
