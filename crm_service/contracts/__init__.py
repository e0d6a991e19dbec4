"""Contracts with people: since when, until when, for what; what retention counts from."""
