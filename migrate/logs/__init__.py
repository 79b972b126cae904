"""Cron's logs as they lie on disk: which files, in which order, compressed how; and the history of a scan's jobs in them."""
