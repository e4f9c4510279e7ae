"""Attacks on what a coordinator holds, to measure what encodings give away."""
