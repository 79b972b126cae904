"""The switch of jobs from a crontab to AWS and back: plan, safe minute, steps, and a journal that outlives a crash."""
