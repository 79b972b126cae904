"""What is done, told on standard error as it happens: lines with ``--verbose``, JSON lines with ``--log-format json``.

One event a line: ``log("wrote", path=...)``. Values are masked as everywhere (no secrets) and escaped. The logging module
is loaded only where somebody asked for these lines.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

from migrate.terminal.console import manner

if TYPE_CHECKING:
    import logging

Format = Literal["text", "json"]
NAME = "cron2fargate"


class Form:
    """The form of the lines, and of errors; JSON lines name the ``command``."""

    def __init__(self) -> None:
        self.format: Format = "text"
        self.command = ""


form = Form()


def wanted() -> bool:
    """Whether events are told at all."""
    return manner.verbose or form.format == "json"


def log(event: str, **fields: Any) -> None:
    """Tell that ``event`` (one word, past tense) has happened; ``fields`` say of what."""
    if wanted():
        _logger().info(event, extra={"fields": fields})


def tell_calls(client: Any) -> None:
    """Tell every call that a boto3 client makes: service, operation and HTTP status; what was sent is not told."""
    if wanted():
        # boto3 events: `after-call` comes once a call, after its retries.
        client.meta.events.register("after-call", _called)


def _called(http_response: Any, model: Any, **_more: Any) -> None:
    service = model.service_model.service_name
    log("called", service=service, operation=model.name, status=http_response.status_code)


def failed(message: str, exit_code: int) -> None:
    """Tell the one error a run ends with: a sentence for people, a JSON line for programs."""
    if form.format == "json":
        _logger().error("failed", extra={"fields": {"message": message, "exit_code": exit_code}})
        return
    from converters.secrets.search import mask
    from migrate.terminal.console import printable

    # A refusal quotes what it refuses, and that may be a line of a crontab.
    message = mask(message)
    # Standard error: what a program reads on standard output stays whole.
    print(f"{NAME}: {printable(message)}", file=sys.stderr)


def _logger() -> logging.Logger:
    import logging

    logger = logging.getLogger(NAME)
    # Handlers are kept by name for the process, so a second call must not add a second one.
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_formatter())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        # Else the root logger of whoever embeds this would print each line again.
        logger.propagate = False
    return logger


def _formatter() -> logging.Formatter:
    import logging

    class Lines(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            fields = {name: _safe(value) for name, value in getattr(record, "fields", {}).items()}
            if form.format == "json":
                return _json(record, fields)
            told = " ".join(f"{name}={_word(value)}" for name, value in fields.items())
            return f"{NAME}: {record.getMessage()} {told}".rstrip()

    return Lines()


def _json(record: logging.LogRecord, fields: dict[str, Any]) -> str:
    import json
    from datetime import UTC, datetime

    when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    whole: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "event": record.getMessage()}
    whole |= {"command": form.command} if form.command else {}
    return json.dumps(whole | fields)  # ASCII: nothing in a line can steer the terminal that shows it


def _safe(value: Any) -> Any:
    """Numbers as they are; all else as text without secrets."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_safe(one) for one in value]
    from converters.secrets.search import mask

    # Paths and ARNs may hold what is secret as well, so all text passes.
    return mask(str(value))


def _word(value: Any) -> str:
    from migrate.terminal.console import printable

    text = printable(str(value)).replace("\n", "\\n")
    # repr: a value with a blank could not be told from two fields.
    return text if text and " " not in text else repr(text)
