"""A workflow carried out state by state, with services of the test's own: no threads, no time passes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jsonata import Jsonata

CONTEXT = {"StateMachine": {"Id": "arn:aws:states:ap-northeast-1:123456789012:stateMachine:cron2fargate-web1-notify"}}
Call = Callable[[dict[str, Any]], Any]


class RefusedError(Exception):
    """A service says no, by this error."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@cache
def _parsed(text: str) -> Any:
    return Jsonata.jsonata(text)


def evaluate(text: str, variables: Mapping[str, Any], minute: float) -> Any:
    """JSONata with variables, at a UTC minute."""
    stamp = datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    parsed = _parsed(text.replace("$millis()", "$the_millis").replace("$now()", "$the_now"))
    parsed.register_lambda("parse", json.loads)
    frame = parsed.create_frame()
    for name, value in {**variables, "the_millis": int(minute * 60_000), "the_now": stamp}.items():
        frame.bind(name, value)
    return _plain(parsed.evaluate(None, frame))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


class Steps:
    """``services`` answer by ``service:action``; ``entered`` counts the transitions that AWS would ask for."""

    def __init__(self, definition: dict[str, Any], services: Mapping[str, Call]) -> None:
        self.definition, self.services = definition, services
        self.entered = 0
        self.path: list[str] = []

    def run(self, minute: float, event: Any = None) -> dict[str, Any]:
        """The variables at the end."""
        variables: dict[str, Any] = {}
        self.path = []
        self._walk(self.definition["StartAt"], self.definition["States"], event or {}, variables, minute)
        return variables

    def _walk(self, name: str, states: Any, given: Any, variables: dict[str, Any], minute: float) -> Any:
        while True:
            self.entered += 1
            self.path.append(name)
            state = states[name]
            step = getattr(self, f"_{state['Type'].lower()}")
            after, given = step(state, given, variables, minute)
            if after is None:
                return given
            name = after

    def _fill(self, value: Any, given: Any, variables: Mapping[str, Any], minute: float, **more: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._fill(inner, given, variables, minute, **more) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._fill(inner, given, variables, minute, **more) for inner in value]
        found = re.fullmatch(r"\{%(.*)%\}", value, re.S) if isinstance(value, str) else None
        if not found:
            return value
        answer = evaluate(
            found[1].strip(), {**variables, "states": {"input": given, "context": CONTEXT, **more}}, minute
        )
        assert answer is not None, f"undefined: {found[1]}"
        return answer

    def _leave(self, state: Any, given: Any, variables: dict[str, Any], minute: float, **more: Any) -> Any:
        assigned = self._fill(state.get("Assign", {}), given, variables, minute, **more)
        default = more.get("result", given)
        out = self._fill(state["Output"], given, variables, minute, **more) if "Output" in state else default
        variables |= assigned
        return state.get("Next"), out

    def _pass(self, state: Any, given: Any, variables: dict[str, Any], minute: float) -> Any:
        return self._leave(state, given, variables, minute)

    def _succeed(self, state: Any, given: Any, variables: dict[str, Any], minute: float) -> Any:
        return None, given

    def _choice(self, state: Any, given: Any, variables: dict[str, Any], minute: float) -> Any:
        for one in state["Choices"]:
            if self._fill(one["Condition"], given, variables, minute) is True:
                return one["Next"], given
        return state["Default"], given

    def _map(self, state: Any, given: Any, variables: dict[str, Any], minute: float) -> Any:
        items = self._fill(state["Items"], given, variables, minute)
        inner = state["ItemProcessor"]
        results = [self._walk(inner["StartAt"], inner["States"], item, dict(variables), minute) for item in items]
        return self._leave(state, given, variables, minute, result=results)

    def _task(self, state: Any, given: Any, variables: dict[str, Any], minute: float) -> Any:
        action = state["Resource"].removeprefix("arn:aws:states:::").removeprefix("aws-sdk:")
        try:
            answer = self.services[action](self._fill(state["Arguments"], given, variables, minute))
        except RefusedError as refused:
            for one in state.get("Catch", []):
                if refused.error in one["ErrorEquals"] or "States.ALL" in one["ErrorEquals"]:
                    return self._leave(one, given, variables, minute)
            raise
        return self._leave(state, given, variables, minute, result=answer)
