"""Candidate pairs, clusters, candidate probability and linkage quality over encodings."""
