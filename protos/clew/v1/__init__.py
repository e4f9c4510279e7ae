"""Version 1 of the wire, with its generated message types."""
