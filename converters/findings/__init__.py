"""Every code that the tool can report, by the part of the way it belongs to.

A code goes in; its severity, its help and the sentence that a person reads come out.
"""
