"""Images in odd forms, as registries and other builders have them: what a runtime would find is what is read."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from converters.images.tree import Tree, laid
from migrate.images.layers import Budget, read_layer
from migrate.images.layout import read_layout
from migrate.images.manifests import chosen, parts
from migrate.images.streams import ImageError
from tests.images.builder import Entry, layer, layout
from tests.images.builder import parts as made_of

SCRIPT = "#!/bin/sh\nexit 0\n"
DIGESTS = {name: "sha256:" + name * 64 for name in "abcdef"}


def tree(*layers: tuple[Entry, ...] | bytes) -> Tree:
    packed = [one if isinstance(one, bytes) else layer(*one) for one in layers]
    return laid(read_layer(io.BytesIO(one), "layer", Budget()).layer for one in packed)


def hard(path: str, target: str) -> bytes:
    """A layer of one hard link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(path)
        info.type, info.linkname, info.mode = tarfile.LNKTYPE, target, 0o755
        tar.addfile(info)
    return out.getvalue()


MERGED: tuple[Entry, ...] = (("bin", 0o777, "->usr/bin"), ("usr/bin/", 0o755, ""), ("usr/bin/old", 0o755, SCRIPT))
# layers | a path | the first line behind `#!` of what a container finds there, None for nothing
FOUND: dict[str, tuple[tuple[Any, ...], str, str | None]] = {
    "hard link to a lower layer": (
        ((("app/job", 0o755, SCRIPT),), hard("app/same", "app/job")),
        "/app/same",
        "/bin/sh",
    ),
    "hard link to nothing": ((hard("app/same", "app/job"),), "/app/same", ""),
    "into a linked directory of a lower layer": ((MERGED, (("bin/new", 0o755, SCRIPT),)), "/usr/bin/new", "/bin/sh"),
    "the same by the link": ((MERGED, (("bin/new", 0o755, SCRIPT),)), "/bin/new", "/bin/sh"),
    "into a linked directory of the same layer": (((*MERGED, ("bin/new", 0o755, SCRIPT)),), "/usr/bin/new", "/bin/sh"),
    "whiteout through a link": ((MERGED, (("bin/.wh.old", 0o644, ""),)), "/usr/bin/old", None),
    "opaque through a link": ((MERGED, (("bin/.wh..wh..opq", 0o644, ""),)), "/usr/bin/old", None),
    "opaque at the root": ((MERGED, ((".wh..wh..opq", 0o644, ""), ("x", 0o755, SCRIPT))), "/usr/bin/old", None),
    "opaque, and its own files": (
        (MERGED, (("usr/bin/new", 0o755, SCRIPT), ("usr/bin/.wh..wh..opq", 0o644, ""))),
        "/bin/new",
        "/bin/sh",
    ),
    "a directory takes a link's place": (
        (MERGED, (("bin/", 0o755, ""), ("bin/new", 0o755, SCRIPT))),
        "/usr/bin/new",
        None,
    ),
    "a link leads out": (
        ((("out", 0o777, "->../../../opt"), ("opt/", 0o755, ""), ("out/x", 0o755, SCRIPT)),),
        "/opt/x",
        "/bin/sh",
    ),
    "twice, the last counts": (((("x", 0o755, SCRIPT), ("x", 0o755, "#!/bin/bash\n")),), "/x", "/bin/bash"),
    "twice, then a link": (
        ((("y", 0o755, "#!/bin/bash\n"), ("x", 0o755, SCRIPT), ("x", 0o777, "->y")),),
        "/x",
        "/bin/bash",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_a_container_finds(name: str) -> None:
    layers, path, starts = FOUND[name]
    node = tree(*layers).node(path)
    assert (node.starts if node is not None else None) == starts


def test_a_text_is_that_of_the_last_of_a_name() -> None:
    found = tree((("etc/passwd", 0o644, "a:x:1:1::/:/bin/sh\n"), ("etc/passwd", 0o644, "b:x:2:2::/:/bin/sh\n")))
    assert (found.text("/etc/passwd") or "").startswith("b")
    assert tree((("x", 0o755, SCRIPT), ("x", 0o755, "\x7fELF" + "x" * 100))).text("/x") is None


def row(digest: str, architecture: str, system: str = "linux", **more: str) -> dict[str, Any]:
    return {"digest": DIGESTS[digest], "size": 2, "platform": {"architecture": architecture, "os": system, **more}}


# An index as the official images have it; which architecture is wanted; which manifest it is.
INDEXES: dict[str, tuple[list[dict[str, Any]], str | None, str]] = {
    "windows beside linux": (
        [row("a", "amd64", "windows"), row("b", "amd64"), row("c", "amd64", "windows")],
        None,
        "b",
    ),
    "attestations": ([row("a", "amd64"), row("b", "unknown", "unknown"), row("c", "arm64")], "arm64", "c"),
    "a variant for newer machines": ([row("a", "amd64"), row("b", "amd64", variant="v3")], None, "a"),
    "variants of arm64": ([row("a", "arm64", variant="v8"), row("b", "arm64", variant="v9")], "arm64", "a"),
}


@pytest.mark.parametrize("name", INDEXES)
def test_which_manifest_of_an_index(name: str) -> None:
    rows, architecture, wanted = INDEXES[name]
    assert chosen({"manifests": rows}, architecture, None, "image").digest == DIGESTS[wanted]


def test_an_index_of_windows_alone_has_nothing_for_a_task() -> None:
    with pytest.raises(ImageError, match="no image for amd64"):
        chosen({"manifests": [row("a", "amd64", "windows")]}, None, None, "image")


@pytest.mark.parametrize(
    "kind", ["docker.image.rootfs.foreign.diff.tar.gzip", "oci.image.layer.nondistributable.v1.tar+gzip"]
)
def test_foreign_layers_are_named(kind: str) -> None:
    one = {"mediaType": f"application/vnd.{kind}", "digest": DIGESTS["a"], "size": 2, "urls": ["https://example.com/x"]}
    with pytest.raises(ImageError, match="foreign layers"):
        parts({"config": {"digest": DIGESTS["b"], "size": 2}, "layers": [one]}, "image")


def _zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(data)


def _skippable(data: bytes) -> bytes:
    """Two frames and a skippable one between, as zstd:chunked writes them."""
    half = len(data) // 2
    return _zstd(data[:half]) + b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + _zstd(data[half:])


def _broken(data: bytes) -> bytes:
    packed = _zstd(data)
    return packed[:8] + bytes(value ^ 0xFF for value in packed[8:])


@pytest.mark.parametrize(
    ("pack", "said"),
    [(_zstd, None), (_skippable, None), (_broken, "broken zstd"), (lambda d: _zstd(d)[:-9], "layer 1")],
)
def test_zstd(tmp_path: Path, pack: Callable[[bytes], bytes], said: str | None) -> None:
    made = layout(tmp_path / "i", (made_of([layer(("x", 0o755, SCRIPT * 50))], {}, pack=pack), "amd64"))
    if said is None:
        assert "/x" in read_layout(str(made), "i", None).programs
    else:
        with pytest.raises(ImageError, match=said):
            read_layout(str(made), "i", None)


# What configurations hold that must not get into images/NAME.json, which is committed.
SECRETS: dict[str, dict[str, Any]] = {
    "by its name": {"Env": ["DB_PASSWORD=hunter2secret"]},
    "in an address": {"Env": ["DATABASE_URL=postgres://app:hunter2secret@db.example.com/app"]},
    "in a command": {"Cmd": ["app", "--password=hunter2secret"]},
    "in an entry point": {"Entrypoint": ["/bin/sh", "-c", "PGPASSWORD=hunter2secret exec psql"]},
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_of_a_configuration_are_masked(tmp_path: Path, name: str) -> None:
    from converters.images.facts import as_mapping

    made = layout(tmp_path / "i", (made_of([layer(("x", 0o755, SCRIPT))], SECRETS[name]), "amd64"))
    assert "hunter2secret" not in json.dumps(as_mapping(read_layout(str(made), "i", None)))


ODD: list[dict[str, Any]] = [
    {"Env": None, "Cmd": None, "Entrypoint": None, "User": None, "WorkingDir": None},
    {"Env": ["=x", "A", "B=" + "x" * 100_000, "PATH="], "Cmd": "sh -c x", "Entrypoint": {}, "User": 0},
    {"Env": [1, None, "A=1"], "Labels": {"x": "y" * 1_000_000}, "Volumes": {"/": {}}, "User": "nobody:\n"},
    {"Entrypoint": [""], "Cmd": [""]},
    {"Entrypoint": ["tini", "--"] * 2000},
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_odd_configurations_are_read(tmp_path: Path, number: int) -> None:
    made = layout(tmp_path / "i", (made_of([layer(("x", 0o755, SCRIPT))], ODD[number]), "amd64"))
    assert read_layout(str(made), "i", None).programs == {"/x"}
