"""Every message, whichever door it came by: accepted, logged, answered once."""
