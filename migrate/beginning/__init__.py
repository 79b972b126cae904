"""A workspace begun without a crontab: from JSON files of the AWS CLI, from what an account starts already, from questions."""
