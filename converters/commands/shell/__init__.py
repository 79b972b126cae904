"""Shell text as a tree with spans: what the idioms of ``converters.commands.idioms`` read and take apart.

``words``   one simple command's text -> words, assignments and redirections, and what a word means without a shell
``syntax``  the tree: script, statement, chain, pipeline, command
``parse``   text -> tree; tree-sitter says where commands begin and end, ``words`` reads each of them again
"""
