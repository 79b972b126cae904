"""The kinds of questions: what becomes of a job, when it runs, where it runs, whose it is."""
