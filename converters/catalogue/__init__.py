"""Every code the tool can report, by the part of the way it belongs to."""
