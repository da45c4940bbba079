"""The case file of a claim: what one hands to the platform's 小二 or to a court."""
