"""Signed checkpoints, and proofs about a log."""
