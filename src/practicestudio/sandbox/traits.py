"""What can be told of a person without writing the whole record: place, name, birthday, phones; and, the other way round, who has them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from practicestudio.sandbox import mixing
from practicestudio.sandbox.catalogue import Catalogue
from practicestudio.sandbox.families import BLOCK, PATTERNS, Place
from practicestudio.sandbox.mixing import Shuffle, salt
from practicestudio.sandbox.names import LAST_NAMES, MEN, NICKNAMES, WOMEN

HOME, MOBILE, WORK = 0, 1, 2
MINORS = frozenset(("child", "twin", "double_name"))
_DAYS = tuple(f"{month:02}/{day:02}/" for month, days in enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1) for day in range(1, days + 1))
_EXCHANGES = tuple(number for number in range(200, 999) if number % 100 != 11 and number not in (456, 555) and number % 111 != 0)[:512]
_EXCHANGE_RANK = {number: rank for rank, number in enumerate(_EXCHANGES)}
_SSN_FROM = 100_000_000
# Families stand next to each other, so the same few numbers are mixed again and again.
_mix = lru_cache(maxsize=512)(mixing.mix)


class Who(NamedTuple):
    """A person in the family, with the bits that traits are drawn from: home, which the household shares, and own."""

    person: int
    place: Place
    head: int
    home: int
    own: int

    @property
    def minor(self) -> bool:
        return self.place.role in MINORS


def day_of(day: int, year: int) -> str:
    """MM/DD/YYYY of a day of the year (0 to 365); the leap day of other years is the day before."""
    if day == 59 and year % 4:
        day = 58
    return f"{_DAYS[day]}{year}"


class Traits:
    """The first people of one practice, numbered 1 to size. Everything is computed, nothing is kept."""

    def __init__(self, seed: int, catalogue: Catalogue, size: int) -> None:
        self.size = size
        self.catalogue = catalogue
        self._blocks, self._homes, self._people = (salt(seed, catalogue.practice, what) for what in ("blocks", "homes", "people"))
        self._surnames = salt(seed, catalogue.practice, "surnames")
        self._birth_names = salt(seed, catalogue.practice, "birth names")
        self._numbers = Shuffle.make(25, salt(seed, catalogue.practice, "phones"))
        self._securities = Shuffle.make(26, salt(seed, catalogue.practice, "ssn"))
        self._cycle = tuple(catalogue.departments[rank % len(catalogue.departments)].id for rank in (0, 1, 0, 2))
        self._turns = {department.id: tuple(n for n, one in enumerate(self._cycle) if one == department.id) for department in catalogue.departments}

    # The family.

    def who(self, person: int) -> Who:
        block, offset = divmod(person - 1, BLOCK)
        place = PATTERNS[_mix(self._blocks + block) % len(PATTERNS)][offset]
        head = person - place.rank
        return Who(person, place, head, _mix(self._homes + head), _mix(self._people + person))

    def household(self, person: int) -> range:
        """The ids of everybody who belongs together with this person."""
        _, place, head, _, _ = self.who(person)
        return range(head, min(head + place.size, self.size + 1))

    # The department. Blocks go to departments in turn, so that the list of one is counted and not searched.

    def department(self, person: int) -> int:
        return self._cycle[(person - 1) // BLOCK % len(self._cycle)]

    def count_in(self, department: int) -> int:
        """How many people are registered in a department."""
        turns = self._turns.get(department, ())
        rounds, rest = divmod(self.size, BLOCK * len(self._cycle))
        return rounds * BLOCK * len(turns) + sum(min(BLOCK, max(0, rest - turn * BLOCK)) for turn in turns)

    def nth_in(self, department: int, rank: int) -> int:
        """The id of the rank-th person (from 0) of a department, in order of ids."""
        block, offset = divmod(rank, BLOCK)
        lap, turn = divmod(block, len(self._turns[department]))
        return (lap * len(self._cycle) + self._turns[department][turn]) * BLOCK + offset + 1

    def rank_in(self, department: int, person: int) -> int:
        """The other way round of nth_in."""
        block, offset = divmod(person - 1, BLOCK)
        lap, turn = divmod(block, len(self._cycle))
        return (lap * len(self._turns[department]) + self._turns[department].index(turn)) * BLOCK + offset

    # Names.

    def last_name(self, person: int) -> str:
        return self._last_name(self.who(person))

    def first_name(self, person: int) -> str:
        """As registered: now and then it is the nickname."""
        who = self.who(person)
        return self._registered(self._legal_name(who), who)

    def names(self, person: int) -> tuple[str, str, str]:
        """First name as registered, last name and date of birth."""
        who = self.who(person)
        return self._registered(self._legal_name(who), who), self._last_name(who), self._birth(who)

    def _registered(self, legal: str, who: Who) -> str:
        return NICKNAMES.get(legal, legal) if who.own >> 16 & 15 == 3 else legal

    def _legal_name(self, who: Who) -> str:
        drawn = (_mix(self._people + who.head) if who.place.role == "junior" else who.own) >> 8 & 127
        if who.place.role == "twin":
            drawn = drawn & 126 | who.place.rank & 1
        return (MEN if self._sex(who) == "M" else WOMEN)[drawn]

    def _sex(self, who: Who) -> str:
        if "junior" in who.place.family:
            return "F" if who.place.role == "spouse" else "M"
        if who.place.role == "spouse" and who.own & 31:
            return "FM"[_mix(self._people + who.head) & 1]
        return "MF"[who.own & 1]

    def _last_name(self, who: Who) -> str:
        if "double_name" not in who.place.family or who.place.role == "head":
            return self._surname(self._surnames, who.head)
        birth_name = self._surname(self._birth_names, who.head)
        return birth_name if who.place.role == "spouse" else f"{birth_name}-{self._surname(self._surnames, who.head)}"

    def _surname(self, source: int, person: int) -> str:
        """Of every 1,024 people each bears another entry of the table, shuffled anew for each 1,024."""
        block, rank = divmod(person, 1024)
        key = _mix(source + block)
        return LAST_NAMES[((rank ^ (key & 1023)) * (key >> 10 | 1) + (key >> 40)) & 1023]

    def with_last_name(self, wanted: str) -> Iterator[int]:
        """Ids of the people who bear a last name (lower case), found without looking at the others."""
        parts = {wanted, *wanted.split("-")}
        slots = [slot for slot, name in enumerate(LAST_NAMES) if name.lower() in parts]
        heads = {person for source in (self._surnames, self._birth_names) for slot in slots for person in self._drawn(source, slot)}
        for head in sorted(heads):
            household = self.household(head) if self.who(head).head == head else ()
            yield from (person for person in household if self.last_name(person).lower() == wanted)

    def _drawn(self, source: int, slot: int) -> Iterator[int]:
        """Who drew an entry of the table of last names."""
        for block in range(self.size // 1024 + 1):
            key = _mix(source + block)
            rank = ((slot - (key >> 40)) * pow(key >> 10 | 1, -1, 1024) & 1023) ^ (key & 1023)
            person = block * 1024 + rank
            if 0 < person <= self.size:
                yield person

    # Birthdays.

    def date_of_birth(self, person: int) -> str:
        return self._birth(self.who(person))

    def _birth(self, who: Who) -> str:
        _, place, _, home, own = who
        with_children = place.size > 2 or "child" in place.family
        year = 1958 + (home >> 20) % 36 if with_children else 1934 + (home >> 20) % 70
        if place.role in ("single", "head"):
            return day_of((home >> 28) % 366, year)
        if place.role == "spouse":
            return day_of((own >> 28) % 366, year - 3 + (own >> 20) % 7)
        if place.role == "twin":
            return day_of((home >> 37) % 366, year + 27 + (home >> 46) % 3)
        age = {"moved_out": 20, "junior": 21}.get(place.role, 23)
        return day_of((own >> 28) % 366, year + age + (own >> 20) % 3 + 2 * max(0, place.rank - 2))

    # Phones, addresses of mail and social security numbers are drawn one-to-one.

    def phone(self, person: int, kind: int) -> str:
        """Ten digits of the North American plan; kind: HOME, MOBILE or WORK."""
        drawn = self._numbers.draw(person * 4 + kind & (1 << 25) - 1)
        return f"{self.catalogue.area_codes[drawn & 7]}{_EXCHANGES[drawn >> 3 & 511]}{drawn >> 12:04}"

    def with_phone(self, digits: str) -> Iterator[int]:
        """Ids of the people who may have this number: the household of the one it was drawn for."""
        exchange, area = _EXCHANGE_RANK.get(int(digits[3:6] or 0)), digits[:3]
        if len(digits) != 10 or exchange is None or area not in self.catalogue.area_codes or int(digits[6:]) >= 8192:
            return iter(())
        drawn = int(digits[6:]) << 12 | exchange << 3 | self.catalogue.area_codes.index(area)
        person = self._numbers.undo(drawn) // 4
        return iter(self.household(person) if 0 < person <= self.size else ())

    def with_email(self, address: str) -> Iterator[int]:
        """Ids of the people who may have this address: it carries the id of the one who opened it."""
        name = address.partition("@")[0]
        digits = name[len(name.rstrip("0123456789")) :]
        person = int(digits[:15] or 0)
        return iter(self.household(person) if 0 < person <= self.size else ())

    def ssn(self, person: int) -> str:
        return str(_SSN_FROM + self._securities.draw(person & (1 << 26) - 1))

    def with_ssn(self, digits: str) -> Iterator[int]:
        person = self._securities.undo(int(digits[:15] or 0) - _SSN_FROM & (1 << 26) - 1)
        return iter((person,) if 0 < person <= self.size else ())

    def status(self, person: int) -> str:
        own = _mix(self._people + person)
        return ("inactive", "prospective")[own >> 58 & 1] if own >> 52 & 63 == 7 else "active"
