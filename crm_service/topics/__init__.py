"""What a recipient can leave separately."""
