"""Which framework a command starts, by its words."""

from __future__ import annotations

import re

_FRAMEWORKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("rails runner", r"(?:^|[\s/])(?:rails\s+(?:runner|r)\b|script/runner\b)"),
        ("rake", r"(?:^|[\s/])(?:rake|rails\s+[a-z_]+:[\w:]+)(?=\s|$)"),
        ("rails", r"(?:^|[\s/])bin/rails\b|bundle exec rails\b"),
        ("artisan schedule:run", r"(?:^|[\s/])artisan['\"]?\s+schedule:run\b"),
        ("artisan", r"(?:^|[\s/])artisan['\"]?(?:\s|$)"),
        ("django", r"(?:^|[\s/])(?:manage\.py|django-admin(?:\.py)?)\s"),
        ("symfony", r"(?:^|[\s/])(?:bin|app)/console\b"),
        ("wp-cron", r"(?:^|[\s/])wp-cron\.php\b|(?:^|[\s/])wp\s+(?:\S+\s+)*cron\s+event\s+run\b"),
        ("wp-cli", r"(?:^|[\s/])wp\s"),
        ("magento cron:run", r"(?:^|[\s/])bin/magento\s+cron:run\b"),
        ("magento", r"(?:^|[\s/])bin/magento\b"),
        ("drush", r"(?:^|[\s/])drush\s"),
        ("yii", r"(?:^|[\s/])yii\s"),
        ("cake", r"(?:^|[\s/])bin/cake\b"),
        ("run-parts", r"(?:^|[\s/])run-parts\s"),
        ("java", r"(?:^|[\s/])java\s(?:.*\s)?-(?:jar|cp|classpath)\s"),
        ("node", r"(?:^|[\s/])(?:node|nodejs|npm|npx|yarn|pnpm|tsx|ts-node)\s"),
        ("bundle exec", r"(?:^|[\s/])bundle\s+exec\s"),
        ("php", r"(?:^|[\s/])php[\d.]*\s"),
        ("python", r"(?:^|[\s/])python[\d.]*\s"),
        ("ruby", r"(?:^|[\s/])ruby[\d.]*\s"),
        ("perl", r"(?:^|[\s/])perl\s"),
    )
)
# They read a schedule of their own each minute, so the crontab does not say what runs when.
SCHEDULERS = frozenset({"artisan schedule:run", "wp-cron", "magento cron:run"})


def framework(text: str) -> str | None:
    """The framework a command line starts, or ``None``."""
    return next((name for name, pattern in _FRAMEWORKS if pattern.search(text)), None)
