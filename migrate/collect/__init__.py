"""The collector for hosts, and the ways to run it on many of them."""
