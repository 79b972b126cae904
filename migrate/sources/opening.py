"""A collection's tar -> a directory beside it, which is then read as any tree is.

The tar comes from a host, and may come from somebody else: only files, directories and links become part of the
directory, below it, bounded; links are laid last, so that nothing is ever written through one.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from converters.hosts.collected import MARK
from migrate.errors import UserError
from migrate.machine.rooted import Tree
from migrate.machine.tars import bounded
from migrate.sources.collected import PLACE

_MOST = 50_000
_TOTAL = 1 << 30
_CHUNK = 1 << 20
_MANIFEST = f"{PLACE}/manifest"
_NAMES = (".tar", ".tar.gz", ".tgz")
_OPENED = "opened-from"
"""A file beside the manifest: size and time of the tar that the directory was made from."""
_MEMBER = bounded(tarfile.ReadError, "a header of more than 1 MiB")


def with_collections(paths: Sequence[str]) -> list[str]:
    """The paths, each collection's tar opened and its directory in its place; those in a directory of tars too.

    Raises UserError where a tar is broken, hostile, or cannot be opened beside itself.
    """
    found: list[str] = []
    for path in paths:
        here = Path(path)
        tars = sorted(one for one in (here.iterdir() if _lists(here) else [here]) if _is_tar(one))
        found += [os.fspath(opened(one)) for one in tars]
        # A directory of tars alone has nothing else to be read; what lies beside them is read as before.
        if tars != [here] and (not tars or _holds_more(here, tars)):
            found.append(path)
    return list(dict.fromkeys(found))


def _lists(path: Path) -> bool:
    try:
        return path.is_dir() and os.access(path, os.R_OK | os.X_OK)
    except OSError:
        return False


def _holds_more(directory: Path, tars: Sequence[Path]) -> bool:
    ours = {*tars, *(_beside(one) for one in tars)}
    return any(one not in ours for one in directory.iterdir())


def _is_tar(path: Path) -> bool:
    """Whether this is a tar of ours: by its name, and by a manifest among its first entries."""
    try:
        if not path.name.endswith(_NAMES) or not path.is_file():
            return False
        with tarfile.open(path, "r:*", tarinfo=_MEMBER) as tar:
            for _ in range(_MOST):
                member = tar.next()
                if member is None:
                    return False
                if _inside(member.name) == _MANIFEST and member.isfile():
                    source = tar.extractfile(member)
                    return source is not None and source.read(len(MARK)) == MARK.encode()
    except (OSError, tarfile.TarError, EOFError, ValueError):
        return False
    return False


def _beside(path: Path) -> Path:
    suffix = next(one for one in _NAMES[::-1] if path.name.endswith(one))
    return path.with_name(path.name.removesuffix(suffix) or "collection")


def opened(path: Path) -> Path:
    """The directory of a collection, made beside its tar unless it is there already from this very tar."""
    place = _beside(path)
    stamp = _stamp(path)
    if place.exists() or place.is_symlink():
        # Who may write beside the tar may lay a FIFO there, or a link to elsewhere: neither is waited for nor followed.
        with suppress(OSError):
            if Tree(place.parent, strict=True).place(f"{place.name}/{PLACE}/{_OPENED}").read(200) == stamp.encode():
                return place
        if not (place / _MANIFEST).is_file():
            raise UserError(f"{path}: {place} is in the way, and is no collection; move it, or open the tar elsewhere")
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    except OSError as error:
        raise UserError(
            f"{path}: cannot be opened beside itself ({error.strerror}); copy it to a place that can be written"
        ) from error
    try:
        _unpack(path, made)
        (made / PLACE / _OPENED).write_text(stamp, encoding="utf-8")
        if place.exists():
            # What was made from an older tar; a link in its place is never followed.
            aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
            place.rename(aside / "old")
            shutil.rmtree(aside, ignore_errors=True)
        made.rename(place)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise UserError(f"{path}: the tar is broken ({error}); run the collector again") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror or error})") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return place


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}\n"


def _unpack(path: Path, root: Path) -> None:
    links: list[tuple[Path, str]] = []
    left, entries = _TOTAL, _MOST
    with tarfile.open(path, "r:*", tarinfo=_MEMBER) as tar:
        while (member := tar.next()) is not None:
            tar.members = []  # type: ignore[attr-defined]  # tarfile keeps every header it has seen
            inside, entries = _inside(member.name), entries - 1
            left -= member.size
            if entries < 0 or left < 0:
                raise ValueError("more than 50,000 entries, or than 1 GiB")
            if inside is None:
                raise ValueError(f"an entry that leads out of it: {member.name[:100]!r}")
            target = root / inside
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif member.isfile():
                target.parent.mkdir(parents=True, exist_ok=True)
                _write(tar.extractfile(member), target, member)
            elif member.issym() and 0 < len(member.linkname) < 4096 and not inside.startswith(f"{PLACE}/"):
                links.append((target, member.linkname))
    for target, leads in links:
        # A link below another link would be laid where that one leads.
        if not any(above.is_symlink() for above in target.parents if above.is_relative_to(root)):
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                target.symlink_to(leads)


def _inside(name: str) -> str | None:
    """The name below the root, ``""`` for the root itself; None where it is not below, or no name."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name:
        return None
    return "/".join(parts)


def _write(source: IO[bytes] | None, target: Path, member: tarfile.TarInfo) -> None:
    if source is None:
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    # The x bit is what run-parts asks for. Nobody else may read what a host's tables say.
    with os.fdopen(os.open(target, flags, 0o700 if member.mode & 0o111 else 0o600), "wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
    with suppress(OSError, OverflowError, ValueError):
        os.utime(target, (member.mtime, member.mtime))
