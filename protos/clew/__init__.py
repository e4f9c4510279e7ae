"""The protobuf package ``clew``."""
