"""Who may ask what: keys, people who have signed in, and the policy of every route."""
