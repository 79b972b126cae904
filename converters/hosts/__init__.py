"""What is known of the host that the jobs come from: the texts of its own files -> facts, each apart from *not looked at*.

What comes in is the text of passwd, os-release, hosts, fstab, environment, of the package database, and what stands at paths
that commands ask for; what goes out is `facts.Host`, and the owner of a file by `packages`.
"""
