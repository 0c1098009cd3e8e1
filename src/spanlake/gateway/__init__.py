"""One OpenAI-compatible front for model providers. Empty until the gateway arrives."""
