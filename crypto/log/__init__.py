"""The tamper-evident log: Merkle tree, signed checkpoints, entries and receipts.

Layer: crypto. Bytes in, verified values out; storing and serving the log is the coordinator's part.
"""
