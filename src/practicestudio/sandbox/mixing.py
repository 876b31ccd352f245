"""Numbers that look random and are not: every trait of a person or a slot is drawn from them, and some can be drawn backwards."""

from dataclasses import dataclass
from zlib import crc32

MASK64 = (1 << 64) - 1


def mix(number: int) -> int:
    """64 well-stirred bits of a number: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014)."""
    number = (number + 0x9E3779B97F4A7C15) & MASK64
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK64
    return number ^ (number >> 31)


def salt(seed: int, practice: str, purpose: str) -> int:
    """A starting point of its own for each seed, practice and purpose."""
    return mix(mix(seed) ^ (crc32(practice.encode()) << 32) ^ crc32(purpose.encode()))


@dataclass(frozen=True, slots=True)
class Shuffle:
    """A one-to-one shuffle of the numbers below 2**bits: what was drawn tells who drew it."""

    bits: int
    factor: int
    inverse: int
    offset: int

    @classmethod
    def make(cls, bits: int, key: int) -> "Shuffle":
        factor = (mix(key) | 1) & ((1 << bits) - 1)
        return cls(bits, factor, pow(factor, -1, 1 << bits), mix(key + 1) & ((1 << bits) - 1))

    def draw(self, number: int) -> int:
        mask, half = (1 << self.bits) - 1, (self.bits + 1) // 2
        number = ((number ^ self.offset) * self.factor) & mask
        return ((number ^ (number >> half)) * self.factor) & mask

    def undo(self, drawn: int) -> int:
        mask, half = (1 << self.bits) - 1, (self.bits + 1) // 2
        drawn = (drawn * self.inverse) & mask
        drawn ^= drawn >> half
        return ((drawn * self.inverse) & mask) ^ self.offset
