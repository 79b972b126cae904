"""What ECR says in the minute of the switch: a job whose image cannot be shown to start stays, and the others go."""

from __future__ import annotations

import email.message
import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from converters.images.facts import Image
from migrate.aws.inputs import load_specs
from migrate.images import store
from tests.aws.test_check import ECR, SINGLE, index
from tests.aws.world import World
from tests.cutover.place import new_place

ONE, OTHER = f"{ECR}/team/app:1", f"{ECR}/team/app:12"
"""Two images of which one's name begins as the other's: what is said of `:12` is nothing of `:1`."""
APP = b"""\
# cron2fargate: name=bill
30 3 * * * root /opt/app/bin/bill
# cron2fargate: name=report image=%s
50 3 * * * root /opt/app/bin/report
""" % OTHER.encode()
DIGEST = "sha256:" + "a" * 64


def fails(operation: str, code: str, status: int = 400) -> Callable[[dict[str, Any]], Any]:
    def answer(_asked: dict[str, Any]) -> Any:
        raise ClientError(
            {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation
        )  # type: ignore[typeddict-item]

    return answer


def unreachable(_asked: dict[str, Any]) -> Any:
    raise EndpointConnectionError(endpoint_url="https://api.ecr.example")


def gives(manifest: dict[str, Any] | None) -> Callable[[dict[str, Any]], Any]:
    """BatchGetImage with status 200, whether the image is there or not."""

    def answer(asked: dict[str, Any]) -> Any:
        if manifest is None:
            failure = {"failureCode": "ImageNotFound", "failureReason": "no", "imageId": asked["imageIds"][0]}
            return {"images": [], "failures": [failure]}
        return {"images": [{"imageManifest": json.dumps(manifest), "imageId": {"imageDigest": DIGEST}}], "failures": []}

    return answer


def described(digest: str) -> Callable[[dict[str, Any]], Any]:
    return lambda _asked: {"imageDetails": [{"imageDigest": digest, "imageTags": ["12"], "imageSizeInBytes": 1000}]}


GOOD = {
    "BatchGetImage": gives(index("amd64")),
    "DescribeImages": described(DIGEST),
    "GetLifecyclePolicy": fails("GetLifecyclePolicy", "LifecyclePolicyNotFoundException"),
    "GetDownloadUrlForLayer": lambda _asked: {"downloadUrl": "https://store.example.com/c"},
}
# calls of ECR that answer otherwise, what the address of the configuration gives -> the code that keeps the job
FAULTS: dict[str, tuple[dict[str, Callable[[dict[str, Any]], Any]], bytes | None, str]] = {
    "throttled": ({"BatchGetImage": fails("BatchGetImage", "ThrottlingException")}, None, "C600"),
    "denied": ({"BatchGetImage": fails("BatchGetImage", "AccessDeniedException")}, None, "C600"),
    "denied the digest": ({"DescribeImages": fails("DescribeImages", "AccessDeniedException")}, None, "C600"),
    "its own fault": ({"BatchGetImage": fails("BatchGetImage", "ServerException", 500)}, None, "C600"),
    "no answer": ({"BatchGetImage": unreachable}, None, "C600"),
    "the tag is gone": ({"BatchGetImage": gives(None)}, None, "C603"),
    "no repository": ({"BatchGetImage": fails("BatchGetImage", "RepositoryNotFoundException")}, None, "C603"),
    "the tag was moved": ({"DescribeImages": described("sha256:" + "b" * 64)}, None, "C626"),
    "no manifest of the architecture": ({"BatchGetImage": gives(index("arm64", "unknown"))}, None, "C605"),
    "one image, of the other architecture": ({"BatchGetImage": gives(SINGLE)}, b'{"architecture": "arm64"}', "C605"),
    "the address of its configuration expired": ({"BatchGetImage": gives(SINGLE)}, None, "C604"),
    "its configuration is a page": ({"BatchGetImage": gives(SINGLE)}, b"<Error>AccessDenied</Error>", "C604"),
    "the layer is not accessible": (
        {
            "BatchGetImage": gives(SINGLE),
            "GetDownloadUrlForLayer": fails("GetDownloadUrlForLayer", "LayerInaccessibleException"),
        },
        None,
        "C600",
    ),
    "the layers are not there": (
        {
            "BatchGetImage": gives(SINGLE),
            "GetDownloadUrlForLayer": fails("GetDownloadUrlForLayer", "LayersNotFoundException"),
        },
        None,
        "C600",
    ),
    "a manifest that is none": ({"BatchGetImage": gives({"schemaVersion": 1, "fsLayers": []})}, None, "C604"),
}


def make(world: World, place: Any) -> Any:
    programs = frozenset({"/opt/app/bin/bill", "/opt/app/bin/report", "/bin/sh"})
    for name in (ONE, OTHER):
        read = Image(name, DIGEST, "amd64", programs, files=programs, shells={"sh": "dash"}, zone_data=True)
        store.save(place / "migration", read)
    return new_place(world, place, {"etc/cron.d/app": APP}, answered=False, image=ONE)


def answering(
    monkeypatch: pytest.MonkeyPatch, faults: dict[str, Callable[[dict[str, Any]], Any]], blob: bytes | None
) -> None:
    really = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(self: Any, operation: str, asked: dict[str, Any]) -> Any:
        if operation not in GOOD:
            return really(self, operation, asked)
        identity = (asked.get("imageIds") or [{"imageTag": "12"}])[0]
        # GetDownloadUrlForLayer and GetLifecyclePolicy name no image: they follow the one whose manifest was asked.
        mine = identity.get("imageTag") != "1"
        return (faults if mine else {}).get(operation, GOOD[operation])(asked)

    def fetched(url: str, timeout: float) -> io.BytesIO:
        if blob is None:
            raise urllib.error.HTTPError(url, 403, "Request has expired", email.message.Message(), None)
        return io.BytesIO(blob)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    monkeypatch.setattr(urllib.request, "urlopen", fetched)


def test_one_fault_of_ecr_keeps_its_own_jobs_only(
    world: World, tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with make(world, tmp_path) as place:
        assert {box.image for _path, spec in load_specs(place.out, ()) for box in spec.containers} == {ONE, OTHER}
        for name, (faults, blob, code) in FAULTS.items():
            with monkeypatch.context() as patched:
                answering(patched, faults, blob)
                capsys.readouterr()
                assert place.forward() == 1, name
                out = " ".join(capsys.readouterr().out.split())
                assert place.enabled() == {"bill"}, (name, out)
                assert f"refused: report: {code}" in out, (name, out)
                assert f"--accept {code}" in out, (name, out)
                assert "refused: bill" not in out, (name, out)
                assert place.backward() == 0, name
        with monkeypatch.context() as patched:
            answering(patched, {}, None)
            assert place.forward() == 0
            assert place.enabled() == {"bill", "report"}
