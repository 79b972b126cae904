"""What stands in a table: the text of a crontab, an anacrontab or a run-parts directory, as its daemon reads it.

Text comes in; lines, entries, variables and what is wrong with them go out, and the same text with lines taken out of use.
"""
