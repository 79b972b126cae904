"""Every test of this directory that asks for ``world`` has an empty AWS of its own."""

from tests.aws.conftest import models_are_read_once, world

__all__ = ["models_are_read_once", "world"]
