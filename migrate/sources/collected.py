"""A host of which only a collection is here: what `collect.sh` wrote down answers where a copied tree would be asked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

from converters.hosts import files
from converters.hosts.collected import Collected, collected_of, is_whole, ports_of
from converters.hosts.facts import Host, Standing
from converters.hosts.packages import Packages, listed_packages
from migrate.machine.rooted import Tree
from migrate.sources.host import HostFiles

PLACE = "collected"
"""The directory of a collection that holds what is no file of the host."""
LOG = f"{PLACE}/cron.log"
"""What cron logged in the last days, masked as the tables are."""
_PATHS = 16 << 20
_LISTED = 256 << 20


def files_of(tree: Tree, *, live: bool = False) -> HostFiles:
    """What a tree holds of its host: a copy of its files, or a collection."""
    if not live and not tree.at:
        collected = _collected(tree)
        if collected is not None:
            return CollectedFiles(tree, collected=collected)
    return HostFiles(tree, live=live)


def _collected(tree: Tree) -> Collected | None:
    manifest = _text(tree, "manifest", 1 << 20)
    if manifest is None:
        return None
    return collected_of(manifest, _text(tree, "paths", _PATHS), _text(tree, "programs", _PATHS))


def _text(tree: Tree, name: str, limit: int) -> str | None:
    with suppress(OSError, ValueError):
        data = tree.place(f"{PLACE}/{name}").read(limit + 1)
        return data.decode("utf-8", "replace") if len(data) <= limit else None
    return None


@dataclass(slots=True)
class CollectedFiles(HostFiles):
    """The files of a collection with what its collector looked at. What it did not look at is not known."""

    collected: Collected = field(kw_only=True)

    @property
    def collection(self) -> bool:
        return True

    @property
    def failures(self) -> tuple[str, ...]:
        return tuple(f"the collector could not look at {name}: {why}" for name, why in self.collected.failed)

    def _look(self, path: str) -> Standing | None:
        found = self.collected.standing(path)
        if found is None or found.kind != "file":
            return found
        text = self._text(path, 4096)
        # A text that was cut, or in which something was hidden, is not the host's.
        same = text is not None and len(text.encode("utf-8", "replace")) == found.size and is_whole(text)
        return found._replace(text=text) if same else found

    def _whole(self, path: str) -> bool:
        return False

    def stands(self, path: str) -> bool | None:
        found = self.collected.standing(path)
        if found is not None:
            return found.kind != "absent"
        return True if self.collected.programs is not None and path in self.collected.programs else None

    def hostname(self) -> str | None:
        """The kernel's name at the time, else what the files say."""
        named = files.hostname_of(_text(self.tree, "hostname", 4096) or "")
        # zero-argument super() knows no class that dataclass has made anew for its slots
        return named or HostFiles.hostname(self)

    def _read(self) -> Host:
        found = HostFiles._read(self)
        mounts, listening = _text(self.tree, "mounts", 1 << 20), _text(self.tree, "listening", 1 << 20)
        return replace(
            found,
            mounts=files.mounts_of(mounts) if mounts is not None else found.mounts,
            sockets=ports_of(listening) if listening is not None else None,
        )

    def _shell(self) -> str | None:
        return (_text(self.tree, "sh", 4096) or "").strip().rpartition("/")[2] or None

    def _packages(self) -> Packages | None:
        listed = _text(self.tree, "rpm", _LISTED)
        return listed_packages(listed) if listed is not None else HostFiles._packages(self)
