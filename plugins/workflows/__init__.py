"""One file declares one duty of the regulation: the constant WORKFLOW."""
