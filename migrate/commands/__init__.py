"""One file a command; each module holds a click command named ``command``."""
