"""A layer: the squeezed view read once more in another way, each character with its stretch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PINYIN: Final = "拼音"
HOMOPHONE: Final = "谐音字"
LOOK_ALIKE: Final = "形近字"
SPLIT: Final = "拆字"
INITIALS: Final = "缩写"


@dataclass(frozen=True, slots=True)
class Layer:
    """`folded[i]` reads what stands at `begins[i]:ends[i]` of the squeezed view."""

    folded: str
    begins: Sequence[int]
    ends: Sequence[int]

    def stretch(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the squeezed view for one of the layer, half-open."""
        return self.begins[start], self.ends[end - 1]
