"""The result of a scan comes in; one typed document that every review and report reads goes out, and JSON of it."""
