"""Errors that are meant for people."""


class BotError(Exception):
    """A fault a person can mend: its text is one sentence that says what to do."""
