"""Foreign checkpoints, converted to the names and shapes of this package."""
