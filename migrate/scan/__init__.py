"""A scan: from the tables that were read to jobs that are judged, named and described."""
