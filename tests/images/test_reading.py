"""Images from every place they are read from, what is refused of them, and what a scan then says of the jobs."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import zstandard

from converters.images.facts import Image, as_mapping, from_mapping
from converters.tables.file_names import is_device
from migrate.errors import UserError
from migrate.images import layers as layers_module
from migrate.images.ecr import read_ecr, reference
from migrate.images.layers import Budget, read_layer
from migrate.images.sources import read
from migrate.images.store import file_name, load
from migrate.images.streams import GIB, ImageError
from tests.cli import run
from tests.images.builder import ROOT, Entry, digest, docker_archive, elf, index, layer, layout, parts

NAME = "registry.example.com/app:1"
CONFIG = {
    "Env": ["PATH=/usr/bin:/bin", "API_KEY=k0Sh4aeYo2quaing7"],
    "WorkingDir": "/app",
    "User": "app",
    "Cmd": ["server"],
}


def ready(image: Image) -> None:
    """What every way of reading must find in ROOT."""
    assert (image.architecture, image.os, image.user, image.working_directory) == ("amd64", "debian 12", "app", "/app")
    assert image.shells == {"sh": "dash"} and image.users == {"root": 0, "app": 1000}
    assert image.has_program("/bin/sh") and image.has_program("/usr/bin/env") and image.has_program("/app/report")
    assert (
        not image.has_program("ruby")
        and image.has_file("/app/none") is False
        and image.has_file("/usr/share/x") is None
    )
    assert (image.zone_data, image.certificates, image.entry) == (False, False, "")
    assert "k0Sh4aeYo2quaing7" not in json.dumps(as_mapping(image))
    assert from_mapping(json.loads(json.dumps(as_mapping(image)))) == image


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, zstandard.compress, lambda data: data, lambda data: gzip.compress(data) + gzip.compress(b"")],
)
def test_a_layout(tmp_path: Path, pack: Any) -> None:
    place = layout(tmp_path / "oci", (parts([layer(*ROOT)], CONFIG, pack=pack), "amd64"))
    ready(read(f"oci:{place}", NAME))


def test_archives(tmp_path: Path) -> None:
    saved = docker_archive(tmp_path / "app.tar", [layer(*ROOT)], CONFIG)
    ready(read(f"docker-archive:{saved}", NAME))
    packed = tmp_path / "app.tar.gz"
    packed.write_bytes(gzip.compress(saved.read_bytes()))
    ready(read(f"docker-archive:{packed}", NAME))
    place = layout(tmp_path / "oci", (parts([layer(*ROOT)], CONFIG), "amd64"))
    with tarfile.open(tmp_path / "oci.tar", "w") as tar:
        for path in sorted(place.rglob("*"), reverse=True):
            tar.add(path, path.relative_to(place), recursive=False)
    ready(read(f"oci-archive:{tmp_path}/oci.tar", NAME))


def test_an_index_of_two_processors(tmp_path: Path) -> None:
    amd, arm = parts([layer(*ROOT)], CONFIG), parts([layer(*ROOT)], {}, "arm64")
    place = layout(tmp_path / "oci", (amd, "amd64"), (arm, "arm64"))
    ready(read(f"oci:{place}", NAME))
    found = read(f"oci:{place}", NAME, architecture="arm64")
    assert found.architecture == "arm64" and "for arm64" in found.broken["/usr/bin/dash"]
    only = layout(tmp_path / "arm", (arm, "arm64"))
    assert read(f"oci:{only}", NAME).architecture == "arm64"
    with pytest.raises(ImageError, match="no image for amd64; it has arm64"):
        read(f"oci:{only}", NAME, architecture="amd64")


BROKEN: tuple[tuple[Entry, str], ...] = (
    (("app/x", 0o755, "#!/bin/bash\r\ntrue\r\n"), "ends with CR"),
    (("app/x", 0o755, "#!/usr/bin/python3\n"), "its interpreter /usr/bin/python3 is not there"),
    (("app/x", 0o755, "#!/usr/bin/env ruby\n"), "its interpreter ruby is not on PATH"),
    (("app/x", 0o644, "#!/bin/sh\n"), "no x bit"),
    (("app/x", 0o755, elf(183)), "for arm64, and the image is for amd64"),
    (("app/x", 0o755, elf(62, "/lib/ld-musl-x86_64.so.1")), "its loader /lib/ld-musl-x86_64.so.1 is not there"),
    (("app/x", 0o755, "#!/bin/sh\n"), ""),
    (("app/x", 0o755, "#! /usr/bin/env sh\n"), ""),
    (("app/x", 0o755, "->/usr/bin/dash"), ""),
)


@pytest.mark.parametrize(("entry", "why"), BROKEN, ids=[str(n) for n in range(len(BROKEN))])
def test_programs_that_are_there_and_cannot_start(tmp_path: Path, entry: Entry, why: str) -> None:
    image = read(f"oci:{layout(tmp_path / 'oci', (parts([layer(*ROOT, entry)], CONFIG), 'amd64'))}", NAME)
    assert image.has_program("/app/x") == (not why)
    assert why in image.why_not("/app/x") if why else not image.why_not("/app/x")


PASSWD = (
    ("etc/passwd", 0o644, "root:x:0:0::/:/bin/sh\napp:x:7:7::/:/bin/sh\n"),
    ("etc/group", 0o644, "team:x:9:app\n"),
)
OWN, TEAM = 7 << 18, 9 << 18


@pytest.mark.parametrize(
    ("user", "entries", "why"),
    [
        ("app", [("app/x", 0o700, "#!/bin/sh\n")], "`/app/x` has mode 0700 and belongs to 0:0"),
        ("app", [("app/x", OWN | 0o700, "#!/bin/sh\n")], ""),
        ("app", [("app/x", TEAM | 0o750, "#!/bin/sh\n")], ""),
        ("app:0", [("app/x", TEAM | 0o750, "#!/bin/sh\n")], "`/app/x` has mode 0750 and belongs to 9:9"),
        ("7", [("app/x", 0o711, "#!/bin/sh\n")], "`/app/x` has mode 0711 and belongs to 0:0"),
        ("7", [("app/x", 0o711, elf())], ""),
        ("7", [("app/", 0o700, ""), ("app/x", 0o755, "#!/bin/sh\n")], "`/app` has mode 0700 and belongs to 0:0"),
        ("1234", [("app/x", OWN | 0o750, "#!/bin/sh\n")], "`/app/x` has mode 0750 and belongs to 7:7"),
        ("app", [("app/x", OWN | 0o077, "#!/bin/sh\n")], "`/app/x` has mode 0077 and belongs to 7:7"),
        ("", [("app/x", 0o700, "#!/bin/sh\n")], ""),
        ("root", [("app/x", OWN | 0o700, "#!/bin/sh\n")], ""),
        ("nobody-knows", [("app/x", 0o700, "#!/bin/sh\n")], ""),
    ],
)
def test_what_the_images_own_user_may_not_start(tmp_path: Path, user: str, entries: list[Entry], why: str) -> None:
    config = {**CONFIG, "User": user}
    image = read(f"oci:{layout(tmp_path / 'oci', (parts([layer(*ROOT, *PASSWD, *entries)], config), 'amd64'))}", NAME)
    assert image.barred.get("/app/x", "") == why


# --- what is refused -------------------------------------------------------------------------------------------------------


class Zeros(io.RawIOBase):
    """A gzip of nothing but zeros, as long as somebody reads."""

    def __init__(self) -> None:
        self.block = gzip.compress(bytes(64 << 20), 9)
        self.rest = b""

    def read(self, size: int = -1) -> bytes:
        if not self.rest:
            self.rest = self.block
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


def _extended() -> bytes:
    head = tarfile.TarInfo("x")
    head.size, head.type = 8 << 30, tarfile.XHDTYPE
    return head.tobuf() + bytes(1 << 20)


HOSTILE: tuple[tuple[str, Any, str], ...] = (
    ("traversal", lambda: layer(("../../etc/passwd", 0o644, "x")), "leads out"),
    ("a name of 5,000 letters", lambda: layer(("a" * 5000, 0o644, "x")), "leads out"),
    ("a whiteout without a name", lambda: layer(("a/.wh.", 0o644, "")), "whiteout without a name"),
    ("no tar", lambda: b"x" * 5000, "not a tar"),
    ("nothing", lambda: b"", "not a tar"),
    ("half a gzip", lambda: gzip.compress(layer(*ROOT))[:-30], "broken gzip"),
    ("half a tar", lambda: layer(("a", 0o644, "x" * 100_000))[:5000], "not a tar"),
    ("a header of 8 GiB", _extended, "not a tar|more than 1 MiB"),
)


@pytest.mark.parametrize(("what", "make", "said"), HOSTILE, ids=[one[0] for one in HOSTILE])
def test_hostile_layers_are_refused_in_a_sentence(what: str, make: Any, said: str) -> None:
    with pytest.raises(ImageError, match=said):
        read_layer(io.BytesIO(make()), "layer 1 of 1", Budget())


def test_zeros_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from migrate.images import streams

    monkeypatch.setattr(streams, "GIB", GIB >> 6)
    head = tarfile.TarInfo("big")
    head.size = 1 << 36
    stream = io.BufferedReader(_Joined(gzip.compress(head.tobuf()), Zeros()))
    with pytest.raises(ImageError, match="200 times its size"):
        read_layer(stream, "layer", Budget())


class _Joined(io.RawIOBase):
    def __init__(self, first: bytes, rest: Zeros) -> None:
        self.first, self.rest = first, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.first or self.rest.read(len(buffer))
        data, self.first = data[: len(buffer)], self.first[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def test_more_entries_than_any_image_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers_module, "MAX_ENTRIES", 100)
    with pytest.raises(ImageError, match="more than 100 files"):
        read_layer(io.BytesIO(layer(*((f"d/{n}", 0o644, "") for n in range(101)))), "layer", Budget())


def test_what_does_not_fit_its_digest(tmp_path: Path) -> None:
    manifest, config, blobs = parts([layer(*ROOT)], CONFIG)
    packed = next(name for name, data in blobs.items() if data.startswith(b"\x1f\x8b"))
    other = gzip.compress(layer(("evil", 0o755, "#!/bin/sh\n")))
    assert len(other) <= len(blobs[packed])
    place = layout(tmp_path / "oci", ((manifest, config, blobs | {packed: other}), "amd64"))
    with pytest.raises(ImageError, match="have the digest"):
        read(f"oci:{place}", NAME)


DOCUMENTS = (
    "[]",
    "{",
    "{}",
    '{"manifests": 1}',
    '{"manifests": [{"digest": "sha256:../../x", "size": 1}]}',
    "[" * 100_000,
)


@pytest.mark.parametrize("text", DOCUMENTS, ids=[str(n) for n in range(len(DOCUMENTS))])
def test_documents_that_are_none(tmp_path: Path, text: str) -> None:
    place = layout(tmp_path / "oci", (parts([layer(*ROOT)], CONFIG), "amd64"))
    (place / "index.json").write_text(text)
    with pytest.raises(ImageError):
        read(f"oci:{place}", NAME)


def test_a_layout_whose_blob_is_a_link(tmp_path: Path) -> None:
    made = parts([layer(*ROOT)], CONFIG)
    place = layout(tmp_path / "oci", (made, "amd64"))
    blob = place / "blobs" / "sha256" / digest(made[1]).removeprefix("sha256:")
    (tmp_path / "secret").write_bytes(blob.read_bytes())
    blob.unlink()
    blob.symlink_to(tmp_path / "secret")
    with pytest.raises(ImageError, match="layout is not whole"):
        read(f"oci:{place}", NAME)


def test_places_that_are_none(tmp_path: Path) -> None:
    for place in (
        "oci:/nowhere",
        "docker-archive:/nowhere",
        "registry.example.com/app:1",
        f"docker-archive:{tmp_path}",
    ):
        with pytest.raises(ImageError):
            read(place, NAME)


# --- ECR: a stand-in with real digests over HTTP --------------------------------------------------------------------------


class Registry(ThreadingHTTPServer):
    """BatchGetImage, GetDownloadUrlForLayer, and the addresses that it gives."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.blobs: dict[str, bytes] = {}
        self.tags: dict[str, bytes] = {}
        self.lies = False
        self.signed: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: Registry

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.signed.append(self.headers.get("Authorization", ""))
        data = self.server.blobs.get(self.path.lstrip("/"))
        self._send(200 if data is not None else 404, data or b"", "application/octet-stream")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers["X-Amz-Target"].rpartition(".")[2]
        answer = (
            self._image(asked)
            if action == "BatchGetImage"
            else {"downloadUrl": f"{self.server.address}/{asked['layerDigest']}"}
        )
        self._send(200, json.dumps(answer).encode(), "application/x-amz-json-1.1")

    def _image(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = asked["imageIds"][0]
        data = self.server.tags.get(wanted.get("imageTag", "")) or self.server.blobs.get(wanted.get("imageDigest", ""))
        if data is None:
            failure = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found", "imageId": wanted}
            return {"images": [], "failures": [failure]}
        shown = digest(data) if not self.server.lies else digest(b"other")
        return {"images": [{"imageManifest": data.decode(), "imageId": {"imageDigest": shown}}], "failures": []}

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


ECR = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/team/app:1.4"


def _client(registry: Registry) -> Any:
    import boto3

    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client("ecr", region_name="ap-northeast-1", endpoint_url=registry.address, **keys)


def test_an_image_of_ecr(registry: Registry) -> None:
    amd, arm = parts([layer(*ROOT)], CONFIG), parts([layer(*ROOT)], {}, "arm64")
    registry.blobs = amd[2] | arm[2]
    registry.tags["1.4"] = index((amd[0], "amd64"), (arm[0], "arm64"))
    where = reference(ECR)
    assert where is not None and (where.account, where.repository, where.tag) == ("123456789012", "team/app", "1.4")
    ready(read_ecr(where, NAME, None, _client(registry)))
    assert set(registry.signed) == {""}  # a presigned address takes no signature beside its own
    assert read_ecr(where, NAME, "arm64", _client(registry)).architecture == "arm64"
    with pytest.raises(ImageError, match="Requested image not found"):
        read_ecr(where._replace(tag="none"), NAME, None, _client(registry))
    registry.lies = True
    with pytest.raises(ImageError, match="sent a manifest with the digest"):
        read_ecr(where, NAME, None, _client(registry))


@pytest.mark.parametrize(
    "name",
    ["app:1", "123456789012.dkr.ecr.x.example.com/app", "12.dkr.ecr.us-east-1.amazonaws.com/a", "public.ecr.aws/x/y:1"],
)
def test_names_that_are_not_of_ecr(name: str) -> None:
    assert reference(name) is None


# --- images/NAME.json, and what a scan says --------------------------------------------------------------------------------


def test_names_of_files_never_meet() -> None:
    names = ["app:1", "app-1", "a/b:1", "a-b:1", "A/B:1", "x" * 300, "x" * 301, "con", "../x", "nul.x", "COM1:2", "aux"]
    files = [file_name(name) for name in names]
    assert len({one.lower() for one in files}) == len(names) and not any(
        "/" in one or one.startswith(".") or is_device(one) for one in files
    )


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for text in ("{", "[]", '{"version": 2}', '{"version": 1, "programs": 3}'):
        (tmp_path / "images" / "x.json").write_text(text)
        with pytest.raises(UserError, match=r"images/x\.json"):
            load(tmp_path)


Judged = tuple[str, list[Entry], dict[str, Any], str, str]
JUDGED: tuple[Judged, ...] = (
    ("/app/report", [], {}, "ready", ""),
    ("/app/report && /app/report", [], {}, "ready", ""),
    ("cd /app && ./report", [], {}, "ready", ""),
    ("/app/none", [], {}, "review", "C487"),
    ("/app/report", [], {"Entrypoint": ["/usr/bin/env"]}, "ready", ""),
    ("/app/report", [], {"Entrypoint": ["/app/report"]}, "review", "C496"),
    (
        "/app/a; /app/b",
        [("app/a", 0o755, elf()), ("app/b", 0o755, elf()), ("usr/bin/.wh.dash", 0, "")],
        {},
        "review",
        "C487",
    ),
    ("curl -fsS https://example.com/", [("usr/bin/curl", 0o755, elf())], {}, "review", "C492"),
    # No `#!`: cron's shell reads it, a runtime does not; a shell in the container does.
    ("/app/bare", [("app/bare", 0o755, "true\n")], {}, "review", "C487"),
    ("/app/bare; /app/report", [("app/bare", 0o755, "true\n")], {}, "ready", ""),
    ("sh /app/bare", [("app/bare", 0o755, "true\n")], {}, "ready", ""),
    ("/app/own", [("app/own", 0o700, "#!/bin/sh\n")], {"User": "app"}, "review", "C426 C487"),
    ("/app/own", [("app/own", 0o700, "#!/bin/sh\n")], {}, "ready", ""),
    ("/app/crlf", [("app/crlf", 0o755, "#!/bin/sh\r\n")], {}, "review", "C487"),
)


@pytest.mark.parametrize(
    ("line", "entries", "config", "status", "code"), JUDGED, ids=[str(n) for n in range(len(JUDGED))]
)
def test_a_scan_answers_from_the_image(
    tmp_path: Path, line: str, entries: list[Entry], config: dict[str, Any], status: str, code: str
) -> None:
    place = layout(
        tmp_path / "oci", (parts([layer(*ROOT), layer(*entries)] if entries else [layer(*ROOT)], config), "amd64")
    )
    told = run("image", f"oci:{place}", "--as", NAME, cwd=tmp_path)
    assert told.code == 0 and "images/" in told.out
    options = ("--user-crontab", "--timezone", "UTC", "--image", NAME, "--format", "json")
    (job,) = run("scan", "-", *options, cwd=tmp_path, data=f"5 4 * * * {line}\n".encode()).document["jobs"]
    assert job["status"] == status, job["findings"]
    codes = {one["code"] for one in job["findings"] if one["severity"] != "info"}
    assert codes == set(code.split())
    assert job["proof"]["effect"] == ("proven" if status == "ready" else "open")
    assert any(need["evidence"] == "image" for need in job["needs"])


@pytest.mark.parametrize(
    ("entries", "zone", "status"),
    [
        ([], "Asia/Tokyo", "review"),
        ([("usr/share/zoneinfo/Asia/Tokyo", 0o644, "TZif2")], "Asia/Tokyo", "ready"),
        ([], "UTC", "ready"),
    ],
)
def test_the_clock_that_ecs_yml_carries_needs_zone_data(
    tmp_path: Path, entries: list[Entry], zone: str, status: str
) -> None:
    """Each job gets the TZ of its host: without zone data libc reads it as UTC, whatever the program is."""
    place = layout(tmp_path / "oci", (parts([layer(*ROOT, *entries)], {}), "amd64"))
    run("image", f"oci:{place}", "--as", NAME, cwd=tmp_path)
    options = ("--user-crontab", "--timezone", zone, "--image", NAME, "--format", "json")
    (job,) = run("scan", "-", *options, cwd=tmp_path, data=b"5 4 * * * /app/report\n").document["jobs"]
    assert job["status"] == status, job["findings"]


def test_a_user_whom_the_image_does_not_know(tmp_path: Path) -> None:
    place = layout(tmp_path / "oci", (parts([layer(*ROOT)], {}), "amd64"))
    run("image", f"oci:{place}", "--as", NAME, cwd=tmp_path)
    options = ("--system", "--timezone", "UTC", "--image", NAME, "--format", "json")
    table = b"5 4 * * * app /app/report\n6 4 * * * deploy /app/report\n"
    jobs = run("scan", "-", *options, cwd=tmp_path, data=table).document["jobs"]
    assert [job["status"] for job in jobs] == ["ready", "review"]
    assert "`deploy`" in next(one["message"] for one in jobs[1]["findings"] if one["code"] == "C426")
