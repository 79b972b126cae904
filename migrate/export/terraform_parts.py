"""What both halves of the Terraform export are made with: the files so far, and blocks that many resources share."""

from __future__ import annotations

import re
from typing import Any

from converters.frame.frame import Frame
from converters.frame.missed_runs import Alarm
from migrate.aws.ownership import Tags
from migrate.export.hcl import Block, Raw
from migrate.export.units import Export

Items = list[tuple[str, Any] | Block]


class Files:
    """Resources with their import ids, file by file."""

    def __init__(self, exported: Export) -> None:
        self.exported = exported
        self.frame: Frame = exported.frame
        self.blocks: dict[str, list[Block]] = {}
        self.imports: list[Block] = []
        self.variables: list[Block] = []

    def add(self, file: str, kind: str, name: str, items: Items, found_as: str | None = None, **more: Any) -> str:
        """A resource, and how ``terraform import`` finds it; returns its address."""
        address = f"{kind}.{name}"
        self.blocks.setdefault(file, []).append(Block("resource", (kind, name), items, **more))
        if found_as is not None:
            self.imports.append(Block("import", (), [("to", Raw(address)), ("id", found_as)]))
        return address


def identifier(name: str) -> str:
    """A name of Terraform's own; those that begin with a digit get a letter before."""
    text = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return text if text[:1].isalpha() or text[:1] == "_" else f"job_{text}"


def keep() -> Block:
    return Block("lifecycle", (), [("prevent_destroy", True)])


def log_group(out: Files, file: str, word: str, name: str, tags: Tags) -> None:
    days: Items = [("retention_in_days", out.exported.retention)] if out.exported.retention else []
    out.add(file, "aws_cloudwatch_log_group", word, [("name", name), *days, ("tags", tags), keep()], name)


def transformer(target: dict[str, Any]) -> Items:
    found = target.get("InputTransformer")
    if not found:
        return []
    items: Items = [("input_paths", found["InputPathsMap"]), ("input_template", found["InputTemplate"])]
    return [Block("input_transformer", (), items)]


def delivery(target: dict[str, Any]) -> Items:
    retry = target.get("RetryPolicy", {})
    blocks: Items = []
    if retry:
        blocks.append(
            Block(
                "retry_policy",
                (),
                [
                    ("maximum_event_age_in_seconds", retry["MaximumEventAgeInSeconds"]),
                    ("maximum_retry_attempts", retry["MaximumRetryAttempts"]),
                ],
            )
        )
    if "DeadLetterConfig" in target:
        blocks.append(Block("dead_letter_config", (), [("arn", target["DeadLetterConfig"]["Arn"])]))
    return blocks


_ALARM = {
    "AlarmName": "alarm_name",
    "AlarmDescription": "alarm_description",
    "ActionsEnabled": "actions_enabled",
    "ComparisonOperator": "comparison_operator",
    "Threshold": "threshold",
    "EvaluationPeriods": "evaluation_periods",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "TreatMissingData": "treat_missing_data",
    "Namespace": "namespace",
    "MetricName": "metric_name",
    "Period": "period",
    "Statistic": "statistic",
}


def alarm_of(out: Files, file: str, word: str, alarm: Alarm, tags: Tags, job: str | None = None) -> None:
    """The alarm of a job is there while the job is switched on, so it has no import."""
    request = alarm.request()
    count: Items = [("count", Raw(f'contains(var.enabled_jobs, "{job}") ? 1 : 0'))] if job else []
    items: Items = [*count, *((_ALARM[key], value) for key, value in request.items() if key in _ALARM)]
    if "Dimensions" in request:
        items.append(("dimensions", {item["Name"]: item["Value"] for item in request["Dimensions"]}))
    items.append(("tags", tags))
    items += [_query(query) for query in request.get("Metrics", [])]
    out.add(file, "aws_cloudwatch_metric_alarm", word, items, None if job else alarm.name)


def _query(query: dict[str, Any]) -> Block:
    items: Items = [("id", query["Id"]), ("return_data", query["ReturnData"])]
    if "Expression" in query:
        return Block("metric_query", (), [*items, ("expression", query["Expression"]), ("label", query["Label"])])
    metric = query["MetricStat"]["Metric"]
    inner: Items = [
        ("namespace", metric["Namespace"]),
        ("metric_name", metric["MetricName"]),
        ("period", query["MetricStat"]["Period"]),
        ("stat", query["MetricStat"]["Stat"]),
        ("dimensions", {item["Name"]: item["Value"] for item in metric["Dimensions"]}),
    ]
    return Block("metric_query", (), [*items, Block("metric", (), inner)])
