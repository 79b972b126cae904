"""Every test of this directory that asks for ``world`` has an empty AWS of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from botocore.loaders import JSONFileLoader

from tests.aws.world import World, new_world


@pytest.fixture(autouse=True, scope="session")
def models_are_read_once() -> Iterator[None]:
    """botocore reads its models from disk for every session; a thousand sessions need them once."""
    with pytest.MonkeyPatch.context() as patch:
        read = cache(JSONFileLoader().load_file)
        patch.setattr(JSONFileLoader, "load_file", lambda self, path: read(path))
        yield


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as fresh:
        yield fresh
