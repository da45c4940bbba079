"""A file a door; a door never imports a door."""
