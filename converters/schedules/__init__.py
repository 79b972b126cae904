"""When a line runs: five fields -> sets of days and minutes -> the instants of a daemon in a zone, and words for them.

Text of time fields, dialects and zones come in; sets of integers, instants in UTC minutes and sentences go out.
"""
