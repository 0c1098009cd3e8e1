"""Which of what comes in is stored, and for how many each of it stands."""
