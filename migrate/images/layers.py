"""One layer: a tar stream, perhaps packed -> its entries. Nothing is unpacked to disk, and no link is followed."""

from __future__ import annotations

import io
import struct
import tarfile
from typing import IO

from converters.images.first_lines import KEPT_LINE
from converters.images.reading import KEPT, MACHINES
from converters.images.tree import Layer, Node, clean, whiteout
from migrate.images.streams import GIB, MAX_RATIO, Bounded, ImageError, unpacked
from migrate.machine.tars import bounded

MAX_ENTRIES = 500_000
"""Of one image; the largest public ones (machine learning) have about 300,000."""
MAX_UNPACKED = 200 * GIB
"""What a Fargate task can have at most as ephemeral storage (ECS developer guide, "Fargate task ephemeral storage")."""
MAX_TEXT = 16 << 20
_MEMBER = bounded(ImageError, "a header of more than 1 MiB; that is no layer of a container")
_HEAD = 4096
_SCRIPT = 32 << 10
_SCRIPTS = 16 << 20


class Budget:
    """What is left of the bounds of one image."""

    def __init__(self) -> None:
        self.entries = MAX_ENTRIES
        self.unpacked = MAX_UNPACKED
        self.scripts = _SCRIPTS


class ReadLayer:
    """A layer with its digests and sizes: ``packed`` as it was sent, ``diff`` unpacked."""

    def __init__(self, layer: Layer, packed: Bounded, plain: Bounded, size: int) -> None:
        self.layer = layer
        self.packed_digest, self.packed = packed.digest, packed.count
        self.diff_digest, self.unpacked = plain.digest, size


def read_layer(raw: IO[bytes], what: str, budget: Budget, *, most: int = MAX_UNPACKED) -> ReadLayer:
    """Read one layer to its end. Raises ImageError for what is broken, hostile or beyond the bounds."""
    packed = Bounded(raw, most, what)
    plain = unpacked(packed, MAX_UNPACKED, what)
    layer, size = Layer(), 0
    try:
        with tarfile.open(
            fileobj=io.BufferedReader(plain, 1 << 16), mode="r|", tarinfo=_MEMBER, bufsize=1 << 16
        ) as tar:
            for member in tar:
                tar.members = []  # type: ignore[attr-defined]  # tarfile keeps every header it has seen
                size += _entry(tar, member, layer, budget, what)
    except tarfile.TarError as error:
        raise ImageError(f"{what}: not a tar archive ({error}); get the image once more") from None
    except (ValueError, UnicodeError, struct.error, OverflowError) as error:
        raise ImageError(f"{what}: a header that cannot be read ({error})") from None
    plain.drain()
    packed.drain()
    return ReadLayer(layer, packed, plain, size)


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo, layer: Layer, budget: Budget, what: str) -> int:
    """Take one entry in; returns its size."""
    budget.entries -= 1
    if budget.entries < 0:
        raise ImageError(f"{what}: the image has more than {MAX_ENTRIES:,} files; that many are not read")
    path = clean(member.name)
    if path is None or len(member.name) > 4096:
        raise ImageError(f"{what}: a file's name leads out of the image; that is no layer of a container")
    gone = whiteout(path)
    if gone is not None:
        if gone[0] == "gone" and gone[1].endswith("/"):
            raise ImageError(f"{what}: a whiteout without a name")
        (layer.opaque if gone[0] == "opaque" else layer.gone).add(gone[1])
        return 0
    if path == "/":
        return 0
    size = member.size if member.isreg() else 0
    budget.unpacked -= size
    sparse = member.sparse is not None and size > GIB and size > MAX_RATIO * max(1, tar.offset)
    if budget.unpacked < 0 or sparse:
        raise ImageError(f"{what}: it unpacks to {size:,} bytes and more; that is no layer of a container")
    # A name twice in a layer: the last counts, and what was kept of the first is not its text.
    layer.texts.pop(path, None)
    layer.hard.pop(path, None)
    if member.islnk():
        # A hard link shares what its target is: in this layer before it (tar's own order), or in one below.
        target = clean(member.linkname)
        node = layer.entries.get(target or "")
        layer.entries[path] = node or Node("file", member.mode, member.uid, member.gid)
        if node is None and target is not None:
            layer.hard[path] = target
        if target in layer.texts:
            layer.texts[path] = layer.texts[target]
        return 0
    layer.entries[path] = _node(tar, member, path, layer, budget)
    return size


def _node(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, layer: Layer, budget: Budget) -> Node:
    if member.isdir():
        return Node("directory", member.mode, member.uid, member.gid)
    if member.issym():
        return Node("link", member.mode, member.uid, member.gid, 0, member.linkname)
    if not member.isreg():
        return Node("other", member.mode, member.uid, member.gid)
    starts, crlf = "", False
    if path in KEPT:
        if member.size <= MAX_TEXT and (file := tar.extractfile(member)) is not None:
            layer.texts[path] = file.read()
    elif member.size and (file := tar.extractfile(member)) is not None:
        data = file.read(min(_HEAD, member.size))
        starts = _starts(data, executable=bool(member.mode & 0o111))
        crlf = data.partition(b"\n")[0].endswith(b"\r") and b"\0" not in data
        if starts and not starts.startswith("ELF ") and member.size <= _SCRIPT and budget.scripts > member.size:
            budget.scripts -= member.size
            layer.texts[path] = data + (file.read() if member.size > len(data) else b"")
    return Node("file", member.mode, member.uid, member.gid, member.size, "", starts, crlf)


def _starts(data: bytes, *, executable: bool) -> str:
    """The line behind `#!`, or machine and loader of an ELF file."""
    if data.startswith(b"#!"):
        return data[2:].split(b"\n", 1)[0][:KEPT_LINE].decode("utf-8", "replace")
    if not executable or len(data) < 64 or not data.startswith(b"\x7fELF"):
        return ""
    order = "<" if data[5] == 1 else ">"
    (machine,) = struct.unpack_from(order + "H", data, 18)
    return f"ELF {MACHINES.get(machine, '')} {_loader(data, order)}"


def _loader(data: bytes, order: str) -> str:
    """PT_INTERP of a 64-bit file, where the first 4 KiB hold it, as they do in what linkers write (elf(5))."""
    if data[4] != 2:
        return ""
    (offset,) = struct.unpack_from(order + "Q", data, 32)
    size, number = struct.unpack_from(order + "HH", data, 54)
    for n in range(min(number, 64)):
        at = offset + n * size
        if at + 56 > len(data):
            break
        (kind,) = struct.unpack_from(order + "I", data, at)
        if kind == 3:
            begin, length = (
                struct.unpack_from(order + "Q", data, at + 8)[0],
                struct.unpack_from(order + "Q", data, at + 32)[0],
            )
            return data[begin : begin + length].rstrip(b"\0").decode("utf-8", "replace") if length < 4096 else ""
    return ""
