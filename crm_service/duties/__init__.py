"""What a controller has yet to do, counted and told: people to inform, contacts to review."""
