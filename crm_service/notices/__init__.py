"""Telling recipients what became of the data that they were given (GDPR Art. 19)."""
