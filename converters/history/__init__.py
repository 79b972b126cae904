"""What really ran: logs of daemons and records of AWS against the runs that were due.

Bytes of logs and lists of starts come in; runs matched, missed, doubled, and the minute in which a job may change sides go out.
"""
