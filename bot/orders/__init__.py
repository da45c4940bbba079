"""Where orders come from: one small protocol, and the embedded store behind it."""
