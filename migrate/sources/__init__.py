"""Where crontabs live: files, spool directories, cron.d, trees of whole servers, standard input."""

from migrate.sources.model import Kind, Skipped, Source, Sources
from migrate.sources.reader import read_sources

__all__ = ["Kind", "Skipped", "Source", "Sources", "read_sources"]
