"""Scheduled reports: when they are due, whether there is news, what changed, and where they are sent."""
