"""Telling people about data that did not come from them (GDPR Art. 14)."""
