"""Everything of an account that starts work at its times, read by page and eight calls at once, beside a workspace."""
