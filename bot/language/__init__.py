"""Reading Chinese without context. Needs no Rasa."""
