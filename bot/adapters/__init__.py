"""Chat platforms: one adapter each, which knows nothing of the bot but its vocabulary."""
