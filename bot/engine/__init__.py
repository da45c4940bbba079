"""Rasa, and nothing else of ours that knows it but bot.nlu."""
