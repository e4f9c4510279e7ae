"""Linkage schemas, standardisation and encodings."""
