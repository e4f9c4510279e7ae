"""Matching a round's encodings across members."""
