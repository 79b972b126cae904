"""botocore's models of the services' APIs: reading one takes a tenth of a second, so each is read once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.model import ServiceModel


@cache
def service_model(service: str) -> ServiceModel:
    from botocore.session import Session

    return Session().get_service_model(service)
