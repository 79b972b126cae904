"""Where a secret stands in a text, and what the text is without it.

Commands, variables and specs come in; places, masked text and references to a secret store go out.
"""
