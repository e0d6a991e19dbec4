"""Opens and clicks of people who permit it, for senders without a provider (rule 31)."""
