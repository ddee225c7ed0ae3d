"""One file declares one rule: the constant RULE."""
