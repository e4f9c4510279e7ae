"""Re-identification: one person asks, people on both sides decide, the holder's node releases.

Layer: node. Use cases over the pure rules of ``scoring.policy``; nothing is decided here that those
rules do not decide. Every step is durable, logged and repeatable, so that a crash neither loses nor
doubles a disclosure. No step happens whose log entry could not be written.
"""
