"""What a decision rested on, provable years later."""
