"""What people prefer: topics, pauses, how often, in which language; and how they come back."""
