"""The heart: what is claimed, what is known, who is at fault, what is owed. Pure Python; reads no clock of its own."""
