"""Addresses that must not be contacted; outlives the contact and knows none."""
