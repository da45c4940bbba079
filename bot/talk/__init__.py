"""What to say and do about a message."""
