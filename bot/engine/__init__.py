"""Rasa behind the inbox's ``Engine``. No room but this one and ``bot.nlu`` imports it."""
