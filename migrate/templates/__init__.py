"""Texts that are written into workspaces; package data, read through ``migrate.settings.loading``."""
