"""The few words that random traces are made of."""

NAMES = ("chat", "plan", "Chat now", "pay_50%")
TYPES = ("LLM", "TOOL", "AGENT")
MODELS = ("gpt-4o", "gpt-4o-mini", "claude")
WORDS = ("pro", "free", "12", "0.5", "true", "it's")
LABELS = ("good", "bad", "4")
