"""What is known of a container image: the entries of its layers and its configuration -> facts, and what its ENTRYPOINT does.

What comes in are names, modes, links and first lines of files, and the texts of a few of them; what goes out is `facts.Image`.
"""
