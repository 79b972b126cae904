"""What is known of programs, as data: the roles of their operands, what they touch, what they ask, how they end.

The words of a command come in; what this program does with each of them goes out. The knowledge stands in ``data/*.toml``.
"""
