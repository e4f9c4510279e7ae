"""What the coordinator keeps: enrolments, agreements, rounds, sealed messages, the log."""
