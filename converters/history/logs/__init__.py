"""What cron daemons write about themselves: lines of any log, as records, then as events."""
