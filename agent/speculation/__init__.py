"""Drafting ahead: what a model will probably say next, copied from what it has been shown and has said before.

Of redraft this imports nothing but itself, as it runs inside of vLLM's processes.
"""
