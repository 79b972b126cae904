"""Every test of this directory that asks for ``world`` has an empty AWS of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.world import World, new_world


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as fresh:
        yield fresh
