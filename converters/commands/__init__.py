"""What a command line means: shell text -> layers, wishes and the work that is left.

The text of an entry comes in; a tree, what each idiom wished for, names, groups of jobs and findings go out.
"""
