"""Sealing the ledger and the audit log in Merkle batches, and proving them (rules 18 and 38)."""
