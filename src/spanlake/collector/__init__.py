"""The collector: receive, limit, decode, normalise, commit, acknowledge."""
