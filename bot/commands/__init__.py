"""The bodies of longer commands; ``bot.cli`` has their arguments."""
