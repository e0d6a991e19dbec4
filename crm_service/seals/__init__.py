"""Closing the ledger and the audit log in Merkle batches, and proving them whole."""
