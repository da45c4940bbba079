"""Understanding Chinese: Rasa graph components, and beneath them pure modules that need no Rasa."""
