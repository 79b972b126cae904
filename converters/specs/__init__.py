"""ecs.yml: its model, its text, its strict reading, and the Fargate size that holds it.

A job or the text of a spec comes in; a plain mapping, a text or a checked model with every mistake at its line goes out.
"""
