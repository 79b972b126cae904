"""Habits of the house that are programs: documents made from the code."""
