"""A well-kept detector as referee: what the plugins of detect-secrets call a token, we hide too."""

from __future__ import annotations

import importlib
import re
import warnings

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from converters.secrets.search import find_secrets
from tests.effort import examples

PLUGINS = {
    "aws": "AWSKeyDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "mailchimp": "MailchimpDetector",
    "openai": "OpenAIDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
pytest.importorskip("detect_secrets", reason="detect-secrets is in the dev dependencies")


def patterns() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for module, name in PLUGINS.items():
        plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)
        # Patterns with a keyword before the token are ours by name, and stand in the table of shapes.
        found += [
            (module, re.compile(p.pattern, p.flags & re.IGNORECASE | re.ASCII))
            for p in plugin.denylist
            if "aws." not in p.pattern
        ]
    return found


@pytest.mark.parametrize(("module", "pattern"), patterns(), ids=lambda value: str(value)[:40])
def test_token_of_the_referee_is_hidden(module: str, pattern: re.Pattern[str]) -> None:
    @examples(15, database=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(pattern, fullmatch=True).filter(lambda token: len(token) >= 20 and "\\" not in token))
    def check(token: str) -> None:
        text = f"/opt/run {token} --quiet"
        hidden = [(secret.start, secret.end) for secret in find_secrets(text)]
        assert any(start <= 9 and 9 + len(token) <= end for start, end in hidden), (module, token)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check()
