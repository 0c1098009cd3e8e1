"""What runs an evaluation: the rows, the app, the scorers, and where all of it is stored."""
