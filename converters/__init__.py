"""What a crontab means and what it becomes. Pure: no files, no clock, no AWS; text and values in, values out."""
