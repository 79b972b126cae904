"""How fast AWS may be called: token buckets for the few calls whose limit a fleet of jobs would reach.

Everything else is left to botocore's adaptive retries. Limits are those of facts 2; a bucket may be shared by calls.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# docs "Amazon EventBridge quotas": 50 a second for each of these calls, not adjustable.
_RULES = ("PutRule", "PutTargets", "RemoveTargets", "DeleteRule", "EnableRule", "DisableRule", "TagResource")
# docs "Step Functions service quotas", API action throttling: 100 at once, then one a second, for each of these calls.
_MACHINES = ("CreateStateMachine", "UpdateStateMachine", "DeleteStateMachine")

# Reads of a plan of a fleet, eight at once: what each service lets through at once, and in a second after that. The last
# three are not published for certain; botocore slows down by itself where they are too high.
_READS: dict[tuple[str, str], tuple[float, float]] = {
    # docs "Amazon EventBridge quotas": 50 a second.
    ("events", "ListTargetsByRule"): (50, 50),
    ("events", "ListTagsForResource"): (50, 50),
    # docs "Request throttling for the Amazon ECS API".
    ("ecs", "DescribeTaskDefinition"): (50, 50),
    ("ecs", "ListTaskDefinitionFamilies"): (20, 20),
    # docs "Amazon EventBridge Scheduler quotas": 250 in most regions.
    ("scheduler", "GetSchedule"): (250, 250),
    # docs "Step Functions service quotas", API action throttling.
    ("stepfunctions", "DescribeStateMachine"): (200, 20),
    ("stepfunctions", "ListStateMachines"): (100, 5),
    ("stepfunctions", "ListTagsForResource"): (100, 1),
    ("logs", "DescribeLogGroups"): (10, 10),
    ("cloudwatch", "DescribeAlarms"): (9, 9),
    ("resourcegroupstaggingapi", "GetResources"): (15, 15),
}

# (service, operation) -> name of the bucket; a bucket that is a call's own has the call's name.
BUCKET_OF = {
    # docs "Request throttling for the Amazon ECS API": register and deregister share a bucket.
    ("ecs", "RegisterTaskDefinition"): "task definitions",
    ("ecs", "DeregisterTaskDefinition"): "task definitions",
    ("ecs", "RunTask"): "tasks",
    ("ecs", "StopTask"): "tasks",
    ("scheduler", "CreateScheduleGroup"): "schedule groups",
    ("scheduler", "DeleteScheduleGroup"): "schedule groups",
    **{("events", name): f"events {name}" for name in _RULES},
    **{("stepfunctions", name): f"states {name}" for name in _MACHINES},
    **{(service, name): f"{service} {name}" for service, name in _READS},
}
# Calls that may be made at once, and calls a second after that.
LIMITS: dict[str, tuple[float, float]] = {
    # 20 at once, then one a second: 2,000 jobs take half an hour whatever runs in parallel.
    "task definitions": (20, 1),
    # docs "AWS Fargate throttling quotas": 20 RunTask calls a second.
    "tasks": (20, 20),
    "schedule groups": (10, 10),
    **{f"events {name}": (50, 50) for name in _RULES},
    **{f"states {name}": (100, 1) for name in _MACHINES},
    **{f"{service} {name}": limit for (service, name), limit in _READS.items()},
}


@dataclass(slots=True)
class Bucket:
    """Holds at most ``burst`` tokens and gains ``rate`` of them a second; each call takes one."""

    burst: float
    rate: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _tokens: float = field(init=False)
    _at: float = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._tokens, self._at = self.burst, self.clock()

    def take(self) -> float:
        """Waits until a token is there; returns the seconds waited. Callers wait in the order in which they came."""
        with self._lock:
            now = self.clock()
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
            self._at = now
            # Below zero the bucket is in debt: later callers wait longer, in their order.
            self._tokens -= 1
            wait = max(0.0, -self._tokens / self.rate)
        # Outside the lock: waiting must not keep the others from booking their turn.
        if wait:
            self.sleep(wait)
        return wait


class Rates:
    """The buckets of one account and region; all clients of a run share them."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._buckets = {name: Bucket(burst, rate, clock, sleep) for name, (burst, rate) in LIMITS.items()}

    def watch(self, client: Any) -> None:
        """Every attempt of a limited call, the retries too, waits for its token."""
        service = client.meta.service_model.service_name
        for (of, operation), bucket in BUCKET_OF.items():
            if of == service:
                client.meta.events.register(
                    # request-created comes for each attempt, retries included.
                    f"request-created.{service}.{operation}",
                    self._taker(bucket),
                    unique_id=f"rate {operation}",
                )

    def _taker(self, bucket: str) -> Callable[..., None]:
        def take(**_: Any) -> None:
            self._buckets[bucket].take()

        return take
