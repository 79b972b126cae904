"""The review: what is open is asked, hardest first, one answer for many jobs; what was answered is carried into the specs.

`sitting` is the way in: ``offer_review`` from a scan, ``run_review`` from the command, ``count_undecided`` for ``--strict``.
"""
