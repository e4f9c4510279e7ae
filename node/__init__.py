"""A member's node: the only place where its people's identities are, and the only one that releases them.

Layer: node. Holds records, encodes and submits them, scores them, and answers what the signed agreement
allows. It dials out and never listens.
"""
