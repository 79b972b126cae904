"""How many calls of AWS a plan makes, and how long it takes, for a number of jobs: `python -m benchmarks.aws_calls 300 rules`.

On the embedded AWS, one call after another, with the index of tags that it lacks (`tests/aws/tagging.py`). A call of its own
takes some milliseconds and a real one 20 to 100, eight at once, so the calls are what counts.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.aws.apply import apply_plans
from migrate.aws.changes import Changes, see
from migrate.aws.inputs import Wanted
from migrate.aws.plan import Options
from migrate.aws.rehearsal import rehearsal
from migrate.aws.session import Aws, connect
from migrate.settings.model import parse_settings
from migrate.workspace.spec_files import Specs
from tests.aws.tagging import indexed

if TYPE_CHECKING:
    from converters.specs.model import Spec

SETTINGS = """\
owner: web1
environments:
  sandbox:
    region: ap-northeast-1
    cluster: cron
    subnets: [subnet-01234567]
    securityGroups: [sg-01234567]
    executionRole: exec
    eventsRole: events
    schedulerRole: scheduler
"""


def jobs(number: int, kind: str) -> list[tuple[str, Spec]]:
    """Specs of one container each: ``rules``, or ``schedules`` (of EventBridge Scheduler, in a zone)."""
    from converters.specs.model import load_spec

    zone = {"timezone": "Asia/Tokyo"} if kind == "schedules" else {}
    return [
        (
            f"jobs/job{at}/ecs.yml",
            load_spec(
                json.dumps(
                    {
                        "type": "FARGATE",
                        "name": f"job{at}",
                        "containers": [{"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"}],
                        "schedule": {"scheduleExpression": f"cron({at % 60} {at % 24} * * ? *)", **zone},
                    }
                ),
                f"job{at}.yml",
            ),
        )
        for at in range(number)
    ]


def counted(aws: Aws) -> Counter[str]:
    """Counts the calls of all clients that ``aws`` makes from now on."""
    found: Counter[str] = Counter()

    class Counting:
        def watch(self, client: Any) -> None:
            client.meta.events.register("before-parameter-build", self.seen)

        def seen(self, model: Any, **_: Any) -> None:
            found[f"{model.service_model.service_name}:{model.name}"] += 1

    aws.guard = Counting()
    aws._clients.clear()
    return found


def main(number: int, kind: str) -> None:
    environment = parse_settings(SETTINGS, "cron2fargate.yml").environments["sandbox"]
    specs = jobs(number, kind)
    with rehearsal(environment, []) as usable, indexed(), tempfile.TemporaryDirectory() as out:
        aws = connect(usable, read_only=True, offline=True)
        wanted, options = Wanted(Specs(specs), []), Options("web1", create=True)
        calls = counted(aws)
        first = Changes([])
        for what in ("first plan", "register", "plan of no change", "the same with --create"):
            calls.clear()
            began, worked = time.perf_counter(), time.process_time()
            if what == "register":
                writer = aws.writer()
                calls = counted(writer)
                written = apply_plans(writer, first.plans, lambda plan, step: None)
                print(f"  {written} steps")
            else:
                told = replace(options, create=what != "plan of no change")
                first = see(aws, Path(out), wanted, told, whole=True, pruning=False)
            took, made = time.perf_counter() - began, sum(calls.values())
            worked = time.process_time() - worked
            said = f"{made:,} calls ({made / number:.2f} a job), {took:.1f} s, {worked:.1f} s of the processor"
            print(f"{number} {kind}: {what}: {said}", flush=True)
            print("   ", ", ".join(f"{name.partition(':')[2]} {n:,}" for name, n in calls.most_common(12)))
            if what == "register":
                calls = counted(aws)
        print("   ", Counter(plan.status for plan in first.plans))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
