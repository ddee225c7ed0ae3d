"""Who an account belongs to: cards and answers are matched with the office's people; pure."""
