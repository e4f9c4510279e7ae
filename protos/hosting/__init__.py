"""What a node and a coordinator both need to run as a process: files, database engine, config, logs.

Layer: protos, the lowest that may touch the outside. It knows nothing of records, rounds or requests
(docs/adr/0002-service-plumbing.md says why it lives here).
"""
