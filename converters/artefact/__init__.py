"""What is registered, interpreted: an ecs.yml and a start -> whether its payload runs, in which zone, under which lock.

Checked specs and instants come in; sets of runs, and what a single start means, go out.
"""
