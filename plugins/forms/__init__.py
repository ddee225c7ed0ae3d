"""One file declares one form: the constant FORM."""
