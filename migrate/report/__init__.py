"""The migration report, in every format it is written in."""
