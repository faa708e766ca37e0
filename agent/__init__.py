"""The run: from a question to a cited report."""
