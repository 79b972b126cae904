"""The tagging API of AWS as far as the embedded one lacks it: rules are in it too; and it lags behind what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.core.resource_tagging import TaggedResource
from moto.events.models import EventsBackend
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

Change = Callable[[str, dict[str, str]], dict[str, str] | None]
"""ARN and tags -> the tags that the index has of it, None where it does not know it yet."""


def _rules(backend: Any) -> Iterator[TaggedResource]:
    for bus in backend.event_buses.values():
        for rule in bus.rules.values():
            tags = backend.tagger.get_tag_dict_for_resource(rule.arn)
            yield TaggedResource(arn=rule.arn, tags=tags, resource_type="events:rule")


@contextmanager
def indexed(change: Change = lambda _arn, tags: tags) -> Iterator[None]:
    """Rules are in the index, and all that is in it goes through ``change``."""
    before = EventsBackend.iter_tagged_resources

    def with_rules(self: Any) -> Iterator[TaggedResource]:
        yield from before(self)
        yield from _rules(self)

    told = ResourceGroupsTaggingAPIBackend._get_resources_generator

    def changed(self: Any, tag_filters: Any = None, **more: Any) -> Iterator[TaggedResource]:
        for one in told(self, tag_filters=None, **more):
            tags = change(one.arn, dict(one.tags))
            if tags is not None and all(tags.get(asked["Key"]) in asked["Values"] for asked in tag_filters or []):
                yield TaggedResource(arn=one.arn, tags=tags, resource_type=one.resource_type)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventsBackend, "iter_tagged_resources", with_rules)
        patch.setattr(ResourceGroupsTaggingAPIBackend, "_get_resources_generator", changed)
        yield
