"""What is built from an operator's files, built anew when they change, while others go on using it.

`current` costs a message nothing but an attribute; `refresh` looks at the files and is called from
time to time, in a thread of its own. A build that fails leaves the last good one in use.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from bot.model.errors import BotError

T = TypeVar("T")
Stamp = tuple[tuple[str, int, int], ...]


class Reloading(Generic[T]):
    """The newest good build, swapped whole: who holds an older one can finish with it."""

    def __init__(self, make: Callable[[], T], paths: Sequence[Path]) -> None:
        """Build for the first time; what `make` raises then is the caller's."""
        self._make = make
        self._paths = tuple(paths)
        self._stamp = stamp_of(self._paths)
        self._current = make()
        self.fault: str | None = None

    def current(self) -> T:
        """Return the build in use."""
        return self._current

    def refresh(self, *, anyway: bool = False) -> bool:
        """Build anew if a file came, went or changed; return whether another build is in use now.

        `anyway`: what else the build is made from has changed. `fault` says afterwards why the
        files as they are could not be used.
        """
        try:
            stamp = stamp_of(self._paths)
            if stamp == self._stamp and not anyway:
                return False
            self._stamp = stamp
            built = self._make()
        except (BotError, ValueError, OSError) as error:
            self.fault = f"词表或黑名单没有更新，仍用原来的：{error}"
            return False
        self.fault = None
        self._current = built
        return True


def stamp_of(paths: Sequence[Path]) -> Stamp:
    """Return what changes when a file, or a file of a folder, is written: name, time, size."""
    files = [
        each
        for path in paths
        for each in (sorted(path.iterdir()) if path.is_dir() else (path,))
        if each.is_file()
    ]
    return tuple((str(each), each.stat().st_mtime_ns, each.stat().st_size) for each in files)
