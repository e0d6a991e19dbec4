"""Each hot path beside its physical limit, both sides in one run, alternating, as a ratio."""
