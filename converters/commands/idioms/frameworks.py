"""Which framework a command starts, by its words."""

from __future__ import annotations

import re

# Name, the words one of which must occur (as a path's last part too), and how they stand; the first that fits is it.
_FRAMEWORKS: tuple[tuple[str, frozenset[str], str], ...] = tuple(
    (name, frozenset(words.split()), pattern)
    for name, words, pattern in (
        ("rails runner", "rails runner", r"\brails['\"]?\s+(?:runner|r)\b|\bscript/runner\b"),
        ("rake", "rake rails", r"(?:^|[\s/])rake(?=\s|$)|\brails\s+[a-z_]+:[\w:]+"),
        ("rails", "rails", r"(?:^|[\s/])rails\s"),
        ("artisan schedule:run", "schedule:run", r"\bartisan['\"]?\s+schedule:run\b"),
        ("artisan", "artisan", r"artisan"),
        ("django", "manage.py django-admin django-admin.py", r"(?:^|[\s/])(?:manage\.py|django-admin(?:\.py)?)\s"),
        ("symfony", "console", r"\b(?:bin|app)/console\b"),
        ("wp-cron", "wp-cron.php wp", r"\bwp-cron\.php\b|(?:^|[\s/])wp\s+(?:\S+\s+)*cron\s+event\s+run\b"),
        ("wp-cli", "wp", r"(?:^|[\s/])wp\s"),
        ("magento cron:run", "magento", r"\bbin/magento\s+cron:run\b"),
        ("magento", "magento", r"\bbin/magento\b"),
        ("drush", "drush", r"(?:^|[\s/])drush\s"),
        ("yii", "yii", r"(?:^|[\s/])yii\s"),
        ("cake", "cake", r"\bbin/cake\b"),
        ("run-parts", "run-parts", r"(?:^|[\s/])run-parts\s"),
        ("java", "java", r"(?:^|[\s/])java\s(?:.*\s)?-(?:jar|cp|classpath)\s"),
        (
            "node",
            "node nodejs npm npx yarn pnpm tsx ts-node",
            r"(?:^|[\s/])(?:node|nodejs|npm|npx|yarn|pnpm|tsx|ts-node)\s",
        ),
        ("bundle exec", "bundle", r"(?:^|[\s/])bundle\s+exec\s"),
        ("php", "php php5 php7 php8", r"(?:^|[\s/])php[\d.]*\s"),
        ("python", "python python2 python3", r"(?:^|[\s/])python[\d.]*\s"),
        ("ruby", "ruby", r"(?:^|[\s/])ruby[\d.]*\s"),
        ("perl", "perl", r"(?:^|[\s/])perl\s"),
    )
)
# They read a schedule of their own each minute, so the crontab does not say what runs when.
SCHEDULERS = frozenset({"artisan schedule:run", "wp-cron", "magento cron:run"})


def framework(text: str) -> str | None:
    """The framework a command line starts, or ``None``."""
    words = set(re.split(r"[\s/'\"]+", text))
    for name, needed, pattern in _FRAMEWORKS:
        if not needed.isdisjoint(words) and re.search(pattern, text):
            return name
    return None
