"""Lock, limit, retry and order as states of a Step Functions definition, and the notifier.

A checked spec comes in; a definition in Amazon States Language goes out.
"""
