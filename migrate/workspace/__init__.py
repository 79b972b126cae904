"""The files of a migration: specs, decisions and releases. What people edited there stays theirs."""
