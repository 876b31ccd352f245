"""The people of a practice as a pure function of seed, practice and id: a million of them take no memory."""

from collections.abc import Iterator

from practicestudio.sandbox.catalogue import CUSTOM_FIELDS, ETHNICITIES, PACKAGES, RACES, Catalogue, InsurancePackage, Record
from practicestudio.sandbox.families import BLOCK, PATTERNS, Place
from practicestudio.sandbox.mixing import Shuffle, mix, salt
from practicestudio.sandbox.names import LAST_NAMES, MEN, NICKNAMES, STREETS, WOMEN, mail_name

HOME, MOBILE, WORK = 0, 1, 2
_DAYS = tuple(f"{month:02}/{day:02}/" for month, days in enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1) for day in range(1, days + 1))
_EXCHANGES = tuple(number for number in range(200, 999) if number % 100 != 11 and number not in (456, 555) and number % 111 != 0)[:512]
_EXCHANGE_RANK = {number: rank for rank, number in enumerate(_EXCHANGES)}
_MAIL_NAMES = {name: mail_name(name) for name in {*WOMEN, *MEN, *NICKNAMES.values(), *LAST_NAMES}}
_MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com")
_LANGUAGE_OF = ("eng",) * 24 + ("spa",) * 3 + ("zho", "vie", "por", "rus", "declined")
_RACE_OF = (0,) * 9 + (1, 1, 2, 3, 4, 5, 6)
_MARITAL = {"S": "SINGLE", "M": "MARRIED", "D": "DIVORCED", "W": "WIDOWED"}
_EMPLOYERS = (
    "Bay Street Bakery",
    "Northwind Logistics",
    "City Schools",
    "Ridge Hardware",
    "County Library",
    "Lakeside Foods",
    "Union Printing",
    "Self",
)
_PREFERENCES: Record = {
    f"contactpreference_{about}_{by}": by != "phone"
    for about in ("announcement", "appointment", "billing", "lab")
    for by in ("email", "phone", "sms")
}


def _date(day: int, year: int) -> str:
    """MM/DD/YYYY of a day of the year (0 to 365); the leap day of other years is the day before."""
    if day == 59 and year % 4:
        day = 58
    return f"{_DAYS[day]}{year}"


class Population:
    """The first people of one practice, numbered 1 to size. Every answer is computed, none is kept.

    A patient is a record in athenahealth's own field names, values written as athenahealth writes them (ids as strings).
    """

    def __init__(self, seed: int, catalogue: Catalogue, size: int) -> None:
        self.size = size
        self._catalogue = catalogue
        self._blocks, self._homes, self._people = (salt(seed, catalogue.practice, what) for what in ("blocks", "homes", "people"))
        self._surnames = salt(seed, catalogue.practice, "surnames")
        self._maiden = salt(seed, catalogue.practice, "birth names")
        self._numbers = Shuffle.make(25, salt(seed, catalogue.practice, "phones"))
        self._securities = Shuffle.make(26, salt(seed, catalogue.practice, "ssn"))
        self._cycle = tuple(catalogue.departments[rank % len(catalogue.departments)].id for rank in (0, 1, 0, 2))
        self._turns = {department.id: tuple(n for n, one in enumerate(self._cycle) if one == department.id) for department in catalogue.departments}

    # Where a person stands.

    def place(self, person: int) -> tuple[Place, int]:
        """The place in the family, and the head of the household."""
        block, offset = divmod(person - 1, BLOCK)
        place = PATTERNS[mix(self._blocks + block) % len(PATTERNS)][offset]
        return place, person - place.rank

    def household(self, person: int) -> range:
        """The ids of everybody who belongs together with this person."""
        place, head = self.place(person)
        return range(head, min(head + place.size, self.size + 1))

    def department(self, person: int) -> int:
        return self._cycle[(person - 1) // BLOCK % len(self._cycle)]

    def count_in(self, department: int) -> int:
        """How many of the first people are registered in a department."""
        turns = self._turns.get(department, ())
        round_size = BLOCK * len(self._cycle)
        rounds, rest = divmod(self.size, round_size)
        return rounds * BLOCK * len(turns) + sum(min(BLOCK, max(0, rest - turn * BLOCK)) for turn in turns)

    def nth_in(self, department: int, rank: int) -> int:
        """The id of the rank-th person (from 0) of a department, in order of ids."""
        block, offset = divmod(rank, BLOCK)
        turns = self._turns[department]
        lap, turn = divmod(block, len(turns))
        return (lap * len(self._cycle) + turns[turn]) * BLOCK + offset + 1

    def rank_in(self, department: int, person: int) -> int:
        """The other way round of nth_in."""
        block, offset = divmod(person - 1, BLOCK)
        lap, turn = divmod(block, len(self._cycle))
        return (lap * len(self._turns[department]) + self._turns[department].index(turn)) * BLOCK + offset

    # Traits, each cheap by itself.

    def _surname(self, source: int, person: int) -> str:
        block, rank = divmod(person, 1024)
        key = mix(source + block)
        return LAST_NAMES[((rank ^ (key & 1023)) * (key >> 10 | 1) + (key >> 40)) & 1023]

    def _holders(self, source: int, slot: int) -> Iterator[int]:
        for block in range(self.size // 1024 + 1):
            key = mix(source + block)
            rank = ((slot - (key >> 40)) * pow(key >> 10 | 1, -1, 1024) & 1023) ^ (key & 1023)
            person = block * 1024 + rank
            if 0 < person <= self.size:
                yield person

    def with_last_name(self, wanted: set[str]) -> Iterator[int]:
        """Ids of the people who may bear one of these last names (lower case), found without looking at the others."""
        parts = wanted.union(*(name.split("-") for name in wanted))
        slots = [slot for slot, name in enumerate(LAST_NAMES) if name.lower() in parts]
        seen: set[int] = set()
        for source in (self._surnames, self._maiden):
            for slot in slots:
                for person in self._holders(source, slot):
                    seen.update(self.household(person))
        return iter(sorted(seen))

    def last_name(self, person: int) -> str:
        place, head = self.place(person)
        return self._last_name(place, head)

    def _last_name(self, place: Place, head: int) -> str:
        if "double_name" not in place.family or place.role == "head":
            return self._surname(self._surnames, head)
        birth_name = self._surname(self._maiden, head)
        return birth_name if place.role == "spouse" else f"{birth_name}-{self._surname(self._surnames, head)}"

    def _sex(self, place: Place, head: int, own: int) -> str:
        if "junior" in place.family:
            return "F" if place.role == "spouse" else "M"
        if place.role == "spouse" and own & 31:
            return "FM"[mix(self._people + head) & 1]
        return "MF"[own & 1]

    def _first_name(self, place: Place, sex: str, head: int, own: int) -> str:
        drawn = (mix(self._people + head) if place.role == "junior" else own) >> 8 & 127
        if place.role == "twin":
            drawn = drawn & 126 | place.rank & 1
        return (MEN if sex == "M" else WOMEN)[drawn]

    def first_name(self, person: int) -> str:
        place, head = self.place(person)
        own = mix(self._people + person)
        return self._first_name(place, self._sex(place, head, own), head, own)

    def date_of_birth(self, person: int) -> str:
        place, head = self.place(person)
        return self._date_of_birth(place, mix(self._homes + head), mix(self._people + person))

    def _date_of_birth(self, place: Place, home: int, own: int) -> str:
        young_parents = place.size > 2 or "child" in place.family
        year = 1958 + (home >> 20) % 36 if young_parents else 1934 + (home >> 20) % 70
        if place.role in ("single", "head"):
            return _date((home >> 28) % 366, year)
        if place.role == "spouse":
            return _date((own >> 28) % 366, year - 3 + (own >> 20) % 7)
        if place.role == "twin":
            return _date((home >> 37) % 366, year + 27 + (home >> 46) % 3)
        age = {"moved_out": 20, "junior": 21}.get(place.role, 23)
        return _date((own >> 28) % 366, year + age + (own >> 20) % 3 + 2 * (place.rank - 2))

    def phone(self, person: int, kind: int) -> str:
        """Ten digits of the North American plan; kind: HOME, MOBILE or WORK."""
        drawn = self._numbers.draw(person * 4 + kind & (1 << 25) - 1)
        return f"{self._catalogue.area_codes[drawn & 7]}{_EXCHANGES[drawn >> 3 & 511]}{drawn >> 12:04}"

    def with_phone(self, digits: str) -> Iterator[int]:
        """Ids of the people who may have this number: the household of the one it was drawn for."""
        exchange, area = _EXCHANGE_RANK.get(int(digits[3:6] or 0)), digits[:3]
        if len(digits) != 10 or exchange is None or area not in self._catalogue.area_codes or int(digits[6:]) >= 8192:
            return iter(())
        drawn = int(digits[6:]) << 12 | exchange << 3 | self._catalogue.area_codes.index(area)
        person = self._numbers.undo(drawn) // 4
        return iter(self.household(person) if 0 < person <= self.size else ())

    def with_email(self, address: str) -> Iterator[int]:
        """Ids of the people who may have this address: it carries the id of the one who opened it."""
        name = address.partition("@")[0]
        digits = name[len(name.rstrip("0123456789")) :]
        person = int(digits or 0)
        return iter(self.household(person) if 0 < person <= self.size else ())

    def with_ssn(self, digits: str) -> Iterator[int]:
        person = self._securities.undo(int(digits or 0) - 100_000_000 & (1 << 26) - 1)
        return iter((person,) if 0 < person <= self.size else ())

    def status(self, person: int) -> str:
        return ("inactive", "prospective")[mix(self._people + person) >> 58 & 1] if mix(self._people + person) >> 52 & 63 == 7 else "active"

    # The whole record.

    def patient(self, person: int) -> Record:
        """Everything that a patient record says, apart from insurances and custom fields."""
        place, head = self.place(person)
        home, own = mix(self._homes + head), mix(self._people + person)
        sex = self._sex(place, head, own)
        legal, last = self._first_name(place, sex, head, own), self._last_name(place, head)
        minor = place.role in ("child", "twin", "double_name")
        department = str(self.department(person))
        nickname = NICKNAMES.get(legal)
        first = nickname if nickname and own >> 16 & 15 == 3 else legal
        email = self._email(person, head, first, last, own, minor)
        record: Record = {
            "patientid": str(person),
            "firstname": first,
            "lastname": last,
            "sex": sex,
            "dob": self._date_of_birth(place, home, own),
            "ssn": str(100_000_000 + self._securities.draw(person & (1 << 26) - 1)),
            "departmentid": department,
            "primarydepartmentid": department,
            "primaryproviderid": str(self._catalogue.providers[(home >> 5) % 5].id),
            "status": self.status(person),
            "registrationdate": _date((home >> 9) % 366, 2012 + (home >> 14) % 12),
        }
        if email:
            record["email"] = email
        if nickname and own >> 16 & 3 == 2:
            record["preferredname"] = nickname
        if own >> 60 < 4:
            record["middlename"] = (MEN if sex == "M" else WOMEN)[own >> 44 & 127]
        if "junior" in place.family and place.role in ("head", "junior"):
            record["suffix"] = "Sr" if place.role == "head" else "Jr"
        self._add_address(record, place, home, own)
        self._add_phones(record, person, head, home, own, minor)
        self._add_background(record, place, home, own, minor)
        self._add_others(record, person, place, head, minor)
        record.update(_PREFERENCES)
        return record

    def _email(self, person: int, head: int, first: str, last: str, own: int, minor: bool) -> str | None:
        """Children have their parent's address, or none."""
        if own >> 24 & 7 == 0 or (minor and own >> 24 & 1):
            return None
        if minor:
            person, (first, last, _) = head, self._names(head)
        return f"{_MAIL_NAMES[first]}.{_MAIL_NAMES.get(last) or mail_name(last)}{person}@{_MAIL_HOSTS[person & 3]}"

    def _add_address(self, record: Record, place: Place, home: int, own: int) -> None:
        drawn = own if place.role == "moved_out" else home
        town = self._catalogue.towns[drawn >> 32 & 3]
        record["address1"] = f"{drawn >> 34 & 1023 or 7} {STREETS[drawn >> 44 & 31]}"
        if drawn >> 49 & 7 == 1:
            record["address2"] = f"Apt {drawn >> 52 & 63}"
        record["city"], record["state"] = town.name, town.state
        record["zip"] = f"{town.zip3}{drawn >> 58 & 63:02}"
        record["countrycode"], record["countrycode3166"] = "USA", "US"

    def _add_phones(self, record: Record, person: int, head: int, home: int, own: int, minor: bool) -> None:
        if home >> 29 & 7:
            record["homephone"] = self.phone(head, HOME)
        if not minor and own >> 34 & 7:
            record["mobilephone"] = self.phone(person, MOBILE)
        elif minor and own >> 34 & 1:
            record["mobilephone"] = self.phone(head, MOBILE)
        if not minor and own >> 37 & 3 == 1:
            record["workphone"] = self.phone(person, WORK)
            record["employername"] = _EMPLOYERS[own >> 40 & 7]
        record["hasmobile"] = "mobilephone" in record
        record["emailexists"] = "email" in record
        record["contactpreference"] = "MOBILEPHONE" if "mobilephone" in record else "HOMEPHONE" if "homephone" in record else "MAIL"

    def _add_background(self, record: Record, place: Place, home: int, own: int, minor: bool) -> None:
        race, name = RACES[_RACE_OF[home >> 50 & 15]]
        record["race"], record["racename"] = [race], name
        record["ethnicitycode"] = ETHNICITIES[home >> 54 & 7 == 3][0]
        record["language6392code"] = _LANGUAGE_OF[home >> 57 & 31]
        marital = (
            "S" if minor or place.role in ("moved_out", "junior") else "M" if place.size > 1 and "spouse" in place.family else "SDW"[(own >> 47) % 3]
        )
        record["maritalstatus"], record["maritalstatusname"] = marital, _MARITAL[marital]
        record["consenttocall"], record["consenttotext"] = True, bool(own >> 49 & 1)
        record["privacyinformationverified"] = record["medicationhistoryconsentverified"] = bool(own >> 50 & 1)
        record["portalaccessgiven"] = bool(own >> 51 & 1)
        record["portaltermsonfile"] = record["driverslicense"] = record["patientphoto"] = record["homebound"] = False
        record["caresummarydeliverypreference"] = "PORTAL" if record["portalaccessgiven"] else "PAPER"
        record["balances"] = [
            {
                "balance": 0 if own >> 52 & 1 else "-25.15",
                "departmentlist": record["departmentid"],
                "providergroupid": 1,
                "cleanbalance": True,
            }
        ]

    def _add_others(self, record: Record, person: int, place: Place, head: int, minor: bool) -> None:
        """Guarantor, emergency contact and next of kin, out of the same household."""
        payer = self._names(head) if minor and head != person else (record["firstname"], record["lastname"], record["dob"])
        record["guarantorfirstname"], record["guarantorlastname"], record["guarantordob"] = payer
        record["guarantorrelationshiptopatient"] = "3" if minor and head != person else "1"
        record["guarantoraddresssameaspatient"] = True
        for theirs, ours in _GUARANTOR_COPIES:
            if ours in record:
                record[theirs] = record[ours]
        if "homephone" in record or "mobilephone" in record:
            record["guarantorphone"] = record.get("homephone") or record["mobilephone"]
        if place.size > 1 and head + 1 <= self.size:
            other = head if person != head else head + 1
            first, last, _ = self._names(other)
            record["contactname"] = record["nextkinname"] = f"{first} {last}"
            relationship = "PARENT" if minor or place.role in ("moved_out", "junior") else "CHILD" if "spouse" not in place.family else "SPOUSE"
            record["contactrelationship"] = record["nextkinrelationship"] = relationship
            record["contactmobilephone"] = self.phone(other, MOBILE)
            record["nextkinphone"] = self.phone(other, MOBILE)

    def _names(self, person: int) -> tuple[str, str, str]:
        """First name, last name and date of birth."""
        place, head = self.place(person)
        own = mix(self._people + person)
        first = self._first_name(place, self._sex(place, head, own), head, own)
        return first, self._last_name(place, head), self._date_of_birth(place, mix(self._homes + head), own)

    # What belongs to the person.

    def insurances(self, person: int) -> list[Record]:
        """None, one or two policies; a child is on its parent's."""
        place, head = self.place(person)
        home, own = mix(self._homes + head), mix(self._people + person)
        if home >> 60 == 0:
            return []
        if place.role in ("child", "twin", "double_name"):
            holder, (first, last, born) = head, self._names(head)
            place, own = self.place(head)[0], mix(self._people + head)
        else:
            holder = person
            first, last, born = self._names(person)
        old = born[6:] < "1958"
        policy_holder: Record = {
            "relationshiptoinsured": "Self" if holder == person else "Child",
            "relationshiptoinsuredid": 1 if holder == person else 3,
            "insurancepolicyholder": f"{first} {last}".upper(),
            "insurancepolicyholderfirstname": first.upper(),
            "insurancepolicyholderlastname": last.upper(),
            "insurancepolicyholderdob": born,
            "insurancepolicyholdersex": self._sex(place, head, own),
            "policynumber": f"GRP{home % 90000 + 10000}",
        }
        packages = (3, 0) if old else (home % 3,)
        return [_policy(person, holder, number, _POLICIES[package]) | policy_holder for number, package in enumerate(packages, 1)]

    def custom_fields(self, person: int) -> list[Record]:
        """The values of the practice's own fields that this person has."""
        own = mix(self._people + person)
        values: list[Record] = [{"customfieldid": str(CUSTOM_FIELDS[0].id), "customfieldvalue": f"C-{100000 + person}"}]
        if own >> 21 & 3:
            values.append({"customfieldid": str(CUSTOM_FIELDS[1].id), "customfieldvalue": _date((own >> 23) % 366, 2018 + (own >> 32) % 6)})
        if own >> 11 & 1:
            option, words = CUSTOM_FIELDS[2].options[own >> 12 & 3]
            values.append({"customfieldid": str(CUSTOM_FIELDS[2].id), "customfieldvalue": words, "optionid": str(option)})
        return values


_GUARANTOR_COPIES = tuple(
    (f"guarantor{field}", field) for field in ("address1", "address2", "city", "state", "zip", "countrycode", "countrycode3166", "email")
)


def policy_of(package: InsurancePackage) -> Record:
    """What a policy says of its package."""
    return {
        "insurancepackageid": package.id,
        "insuranceplanname": package.plan,
        "insuranceplandisplayname": package.plan,
        "insurancetype": package.kind,
        "ircname": package.company,
        "insuredentitytypeid": 1,
        "insurancephone": package.phone,
        "insurancepackageaddress1": package.address,
        "insurancepackagecity": package.town.name,
        "insurancepackagestate": package.town.state,
        "insurancepackagezip": f"{package.town.zip3}98",
        "eligibilitystatus": "Unverified",
        "insurancepolicyholdercountrycode": "USA",
        "insurancepolicyholdercountryiso3166": "US",
    }


def _policy(person: int, holder: int, number: int, policy: Record) -> Record:
    return policy | {
        "insuranceid": str(person * 10 + number),
        "id": str(person * 10 + number),
        "sequencenumber": number,
        "insuranceidnumber": f"{policy['ircname'][:2].upper()}{holder * 7919 % 1_000_000_007:010}",
    }


_POLICIES: tuple[Record, ...] = tuple(policy_of(package) for package in PACKAGES)
