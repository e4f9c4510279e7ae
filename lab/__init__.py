"""Synthetic federations, the demo, measurements and searches for leaks; nothing imports this layer."""
