"""A node's durable state: records, federation state, rounds and matches, evidence of logging."""
