"""A job run in its container here: an engine of containers, one run watched, and the evidence in tries/NAME.json."""
