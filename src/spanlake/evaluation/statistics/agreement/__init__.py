"""How well a judge agrees with people, and what its verdicts are worth."""
