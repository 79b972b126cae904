"""Parity of effect: what a command needs, what its host has, what its container has, and what that makes of the job.

The tree of a command, its scripts, and facts of a host and an image come in; needs with answers, and a fate, go out.
"""
