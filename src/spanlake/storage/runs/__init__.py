"""What evaluation and scoring runs leave in the lake."""
