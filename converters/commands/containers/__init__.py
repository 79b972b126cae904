"""Container engines in a command line: `docker run`, `docker exec`, `docker compose run` and their kin as data.

Words of a command come in; out goes what a task definition needs of them: image, command, variables, user, size, and what
the line gives the container of its host.
"""
