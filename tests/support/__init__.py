"""What tests of several folders build on: real processes, scripted members, invented people."""
