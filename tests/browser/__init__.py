"""The report in a real headless Chromium."""
