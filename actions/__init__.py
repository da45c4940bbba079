"""Rasa's action names. The handlers behind them are in ``bot.talk``."""
