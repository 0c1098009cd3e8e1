"""Review queues over the lake: what comes in, what is shown, and what answers become."""
