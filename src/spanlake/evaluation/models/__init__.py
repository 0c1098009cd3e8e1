"""The one port to language models, and what stands around every call to them."""
