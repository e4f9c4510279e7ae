"""The risk score: events to a score, summaries that leave a member, and their combination."""
