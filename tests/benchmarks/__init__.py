"""Programs that measure, one a claim: ``./run bench NAME --json``. They assert nothing about time."""
