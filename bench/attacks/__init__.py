"""Scripted attempts to get money out of the bot, through every door that answers at once; see ``attack.py``."""
