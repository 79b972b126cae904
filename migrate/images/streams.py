"""Blobs as they arrive: counted, hashed, unpacked and bounded, since whoever wrote an image may be anybody."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Callable
from typing import IO, cast

from migrate.errors import UserError

GIB = 1 << 30
MAX_DOCUMENT = 8 << 20
"""Bytes of a manifest or configuration; registries take 4 MiB (OCI distribution specification)."""
MAX_RATIO = 200
"""Real layers unpack to less than twenty times their size; only zeros come to a thousand."""


class ImageError(UserError):
    """An image that cannot be read, or will not be."""


class Bounded(io.RawIOBase):
    """A stream that counts and hashes what is read of it, and ends with ImageError beyond ``most`` bytes."""

    def __init__(self, raw: IO[bytes], most: int, what: str, least: Callable[[], int] | None = None) -> None:
        self.raw, self.most, self.what = raw, most, what
        self.count = 0
        self.sum = hashlib.sha256()
        self._packed = least

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.raw.read(len(buffer))
        if not data:
            return 0
        self.count += len(data)
        if self.count > self.most:
            raise ImageError(f"{self.what}: more than {self.most:,} bytes; that is no layer of a container")
        if self._packed is not None and self.count > GIB and self.count > MAX_RATIO * max(1, self._packed()):
            raise ImageError(
                f"{self.what}: it unpacks to more than {MAX_RATIO} times its size; that is no layer of a container"
            )
        self.sum.update(data)
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        """Read what is left, so that count and digest are those of all of it."""
        buffer = memoryview(bytearray(1 << 16))
        while self.readinto(buffer):
            pass

    @property
    def digest(self) -> str:
        return "sha256:" + self.sum.hexdigest()


def unpacked(packed: Bounded, most: int, what: str) -> Bounded:
    """The stream behind gzip or zstd, or itself: by its first bytes, since media types lie."""
    buffered = io.BufferedReader(packed, 1 << 16)
    head = buffered.peek(4)[:4]
    if head.startswith(b"\x1f\x8b"):
        return Bounded(_gzip(buffered, what), most, what, lambda: packed.count)
    if head == b"\x28\xb5\x2f\xfd":
        return Bounded(_zstd(buffered, what), most, what, lambda: packed.count)
    return Bounded(buffered, most, what)


class _Gunzip(io.RawIOBase):
    """gzip whose errors are sentences."""

    def __init__(self, raw: IO[bytes], what: str) -> None:
        self.inner, self.what = gzip.GzipFile(fileobj=raw), what

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self.inner.read(len(buffer))
        except (EOFError, OSError, zlib.error) as error:
            raise ImageError(f"{self.what}: broken gzip ({error}); get the image once more") from None
        buffer[: len(data)] = data
        return len(data)


def _gzip(raw: IO[bytes], what: str) -> IO[bytes]:
    return cast("IO[bytes]", _Gunzip(raw, what))


class _Unzstd(io.RawIOBase):
    """zstd whose errors are sentences."""

    def __init__(self, raw: IO[bytes], what: str) -> None:
        import zstandard

        # 128 MiB of window are what `zstd -22 --ultra` writes; more would be the writer's way into our memory.
        self.inner = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(raw, read_across_frames=True)
        self.error, self.what = zstandard.ZstdError, what

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self.inner.read(len(buffer))
        except self.error as error:
            raise ImageError(f"{self.what}: broken zstd ({error}); get the image once more") from None
        buffer[: len(data)] = data
        return len(data)


def _zstd(raw: IO[bytes], what: str) -> IO[bytes]:
    return cast("IO[bytes]", _Unzstd(raw, what))


def document(data: bytes, what: str) -> dict[str, object]:
    """A JSON object; ImageError where it is none."""
    if len(data) > MAX_DOCUMENT:
        raise ImageError(f"{what}: larger than {MAX_DOCUMENT >> 20} MiB; that is no manifest")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise ImageError(f"{what}: not JSON; get the image once more") from None
    if not isinstance(found, dict):
        raise ImageError(f"{what}: not a JSON object; get the image once more")
    return found


def checked(data: bytes, digest: str, what: str) -> bytes:
    """The bytes, where their digest is this one."""
    found = "sha256:" + hashlib.sha256(data).hexdigest()
    if found != digest:
        raise ImageError(f"{what}: its bytes have the digest {found} and not {digest}; get the image once more")
    return data
