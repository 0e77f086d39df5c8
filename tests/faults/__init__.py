"""Breaks the whole system in each way that is known, and counts what is left: `make faults`."""
