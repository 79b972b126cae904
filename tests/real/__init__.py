"""Tests that run real parts of the world they speak about. Never skipped in CI."""
