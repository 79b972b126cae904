"""One AWS noun a file."""
