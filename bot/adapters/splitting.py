"""Cuts a long text into parts that a platform takes."""


def split(text: str, *, limit: int) -> list[str]:
    """Cut a text at line ends into parts of at most `limit` characters, at least one part."""
    parts = []
    while len(text) > limit:
        cut = text.rfind("\n", 0, limit + 1)
        whole_line = cut > 0
        parts.append(text[: cut if whole_line else limit])
        text = text[cut + 1 if whole_line else limit :]
    return [part for part in [*parts, text] if part.strip()] or [text]
