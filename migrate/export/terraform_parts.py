"""What both halves of the Terraform export are made with: the files so far, and blocks that many resources share."""

from __future__ import annotations

from typing import Any

from converters.frame.frame import Frame
from converters.frame.missed_runs import Alarm
from converters.specs.untyped import rows
from migrate.aws.ownership import Tags
from migrate.export.hcl import Block, Raw
from migrate.export.terraform_links import Link, Links, data_of
from migrate.export.units import Export

Items = list[tuple[str, Any] | Block]


class Files:
    """The files of one root: resources with their import ids, and a data source for each thing that is made elsewhere."""

    def __init__(self, exported: Export, links: Links) -> None:
        self.exported = exported
        self.frame: Frame = exported.frame
        self.blocks: dict[str, list[Block]] = {}
        self.imports: list[Block] = []
        self.variables: list[Block] = []
        self.moved: list[Block] = []
        self._links = links
        self._here: set[str] = set()
        self._data: dict[str, Block] = {}

    def here(self, *addresses: str) -> None:
        """What this root makes. It is said before the first ``add``, since what names a thing may come before it."""
        self._here.update(addresses)

    def add(self, file: str, kind: str, name: str, items: Items, found_as: str | None = None) -> str:
        """A resource, and how ``terraform import`` finds it; returns its address."""
        address = f"{kind}.{name}"
        if kind not in _PLAIN:
            items = self._linked(address, items)
        self.blocks.setdefault(file, []).append(Block("resource", (kind, name), items))
        if found_as is not None:
            self.found(address, found_as)
        return address

    def read(self, kind: str, word: str, block: Block) -> None:
        """A data source of its own making, for what ``add`` would only look up by name."""
        self._data[f"{kind}.{word}"] = block

    def renamed(self, before: str, address: str) -> None:
        """What an export of before called otherwise is the same thing still."""
        self.moved.append(Block("moved", (), [("from", Raw(before)), ("to", Raw(address))]))

    def found(self, address: str, found_as: Any) -> None:
        self.imports.append(Block("import", (), [("to", Raw(address)), ("id", found_as)]))

    @property
    def data(self) -> list[Block]:
        return list(self._data.values())

    def _linked(self, address: str, items: Items) -> Items:
        roles: list[str] = []

        def expression(link: Link) -> str | None:
            if link.address == address:
                return None
            if link.address in self._here:
                if link.kind == "aws_iam_role":
                    roles.append(link.word)
                return f"{link.address}.{link.attribute}"
            if not link.lookup:
                return None
            self._data.setdefault(link.address, data_of(link))
            return f"data.{link.address}.{link.attribute}"

        result: Items = self._links.items(items, expression)
        # Nothing starts under a role before the role may do it, nor is the right taken away under it.
        policies = [Raw(f"aws_iam_role_policy.{word}") for word in dict.fromkeys(roles)]
        return [*result, ("depends_on", policies)] if policies else result


# A policy or a pattern may name what is not there yet, and what is there names the role: references would go in a circle.
_PLAIN = {
    "aws_cloudwatch_event_rule",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_sns_topic_policy",
    "aws_sqs_queue_policy",
}


def keep() -> Block:
    return Block("lifecycle", (), [("prevent_destroy", True)])


def log_group(out: Files, file: str, word: str, name: str, tags: Tags) -> None:
    days: Items = [("retention_in_days", out.exported.retention)] if out.exported.retention else []
    # The state keeps skip_destroy, so the log outlives the file that said so; prevent_destroy would go with it.
    items: Items = [("name", name), *days, ("skip_destroy", True), ("tags", tags)]
    out.add(file, "aws_cloudwatch_log_group", word, items, name)


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


def alarm_of(out: Files, file: str, word: str, alarm: Alarm, tags: Tags) -> None:
    request = alarm.request()
    items: Items = [(_ALARM[key], value) for key, value in request.items() if key in _ALARM]
    if "Dimensions" in request:
        items.append(("dimensions", {item["Name"]: item["Value"] for item in rows(request["Dimensions"])}))
    items.append(("tags", tags))
    items += [_query(query) for query in rows(request.get("Metrics"))]
    out.add(file, "aws_cloudwatch_metric_alarm", word, items, alarm.name)


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
