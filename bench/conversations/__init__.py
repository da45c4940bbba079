"""A scripted buyer with a hidden goal, and whether the bot and the shop's policy bring them to the right end."""
