"""The ledger of legal bases, and what it says now."""
