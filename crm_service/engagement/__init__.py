"""What became of messages: every provider's events, deduplicated, with their effects."""
