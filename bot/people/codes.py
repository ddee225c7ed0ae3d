"""One-time codes as they are printed: whom they are for, and a secret; nothing that looks alike."""

import re
import secrets
import unicodedata
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_PERSON: Final = 4
_SECRET: Final = 6
_BETWEEN: Final = re.compile(r"[\s\-–—_.·:;!,、。“”\"'《》]+")
_SHAPE: Final = re.compile(r"(?=.*[A-Z])[0-9A-Z]{6,16}")


def new_code(person: int) -> str:
    """Return a new code for a person: letters are always in it, so it is never a list's number."""
    whose = _written(person)
    while True:
        code = whose + "".join(secrets.choice(ALPHABET) for _ in range(_SECRET))
        if not code.isdecimal():
            return code


def read_code(text: str) -> str | None:
    """Return what somebody typed as a code, or None where it was not meant as one."""
    code = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    return code if _SHAPE.fullmatch(code) else None


def whose_code(code: str) -> int:
    """Return for whom a code would be; 0 for nobody."""
    whose = code[:-_SECRET]
    if len(whose) < _PERSON or not set(code) <= set(ALPHABET):
        return 0
    person = 0
    for each in whose:
        person = person * len(ALPHABET) + ALPHABET.index(each)
    return person


def shown_code(code: str) -> str:
    """Return a code as it is read and typed most easily: `K7QM-3XP-D9A`."""
    return f"{code[:-_SECRET]}-{code[-_SECRET:-3]}-{code[-3:]}"


def _written(person: int) -> str:
    written = ""
    while person or len(written) < _PERSON:
        person, digit = divmod(person, len(ALPHABET))
        written = ALPHABET[digit] + written
    return written
