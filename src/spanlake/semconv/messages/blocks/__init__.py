"""The blocks that providers and frameworks make content of, and their readings as parts."""
