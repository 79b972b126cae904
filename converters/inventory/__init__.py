"""What an account starts already, whoever made it: what, when, by whom; and what of it doubles a job or bears its name.

Answers of AWS's reading calls come in as plain mappings, starters and findings about them go out.
"""
