"""What an environment is made of beside its jobs: roles and policies, queue, topic, alarms, and what all of it costs.

Settings as values come in; payloads, policies and prices go out.
"""
