"""What the usual Python libraries make of a crontab, and why it is not what the daemon does.

A schedule comes in; the listed deviation that explains another reading goes out.
"""
