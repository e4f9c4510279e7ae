"""What attacks found, for people: verdicts, table, chart, page and document."""
