"""Measuring the writer."""
