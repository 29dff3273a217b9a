"""Processes: children, scratch folders, logs, and long work that is bounded."""
