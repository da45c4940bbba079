"""One message, read in the light of what was asked. Needs no Rasa and no database."""
