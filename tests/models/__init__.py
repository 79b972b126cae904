"""Referees: slow, literal models of what runs when, to judge the product's engine by.

Nothing here imports ``converters`` or ``migrate``. Each model was written from the description of the thing it models
and prefers the obvious to the fast: it walks the calendar minute by minute.

``aws_cron``   EventBridge's ``cron(...)`` as its documentation words it, and EventBridge Scheduler's clock change rule.
               Naive or aware ``datetime`` values.
``cron_walk``  the main loops of the cron daemons of Debian, cronie, FreeBSD and BusyBox. Times are whole UTC minutes
               since 1970 (``int``); only the model of a whole Debian table counts in seconds.

A test that uses them says: for this schedule, in this zone, over this window, engine and referee name the same minutes.
``tests/real`` judges ``cron_walk`` in turn, by running Debian's own daemon.
"""
