"""The synthetic federation: people, records, crimes and truth that the lab measures with."""
