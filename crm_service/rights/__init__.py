"""Erasing a person everywhere; data-subject requests."""
