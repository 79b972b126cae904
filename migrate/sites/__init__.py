"""Where jobs stand: a host's tables and scripts as files that a switch may change, and when a job starts on either side."""
