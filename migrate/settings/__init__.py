"""cron2fargate.yml: its model, its default text, its schema, and the way to load it."""
