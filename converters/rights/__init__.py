"""What IAM says of a call: policies and a request -> allowed, refused, or not known. Nothing unknown is ever allowed.

Documents in IAM's own shape (dicts from JSON) come in, judgements and sentences go out.
"""
