"""What EventBridge is told: a schedule -> `cron()`, `rate()` and guards, and the proof that they start the same runs.

A schedule, a daemon and a zone come in; expressions, parity and the judgement go out.
"""
