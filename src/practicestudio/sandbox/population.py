"""The people of a practice, written out as athenahealth's records: a pure function of seed, practice and id, so that a million take no memory."""

from practicestudio.sandbox.catalogue import CUSTOM_FIELDS, ETHNICITIES, PACKAGES, RACES, InsurancePackage, Record
from practicestudio.sandbox.names import LAST_NAMES, MEN, NICKNAMES, STREETS, WOMEN, mail_name
from practicestudio.sandbox.traits import HOME, MOBILE, WORK, Traits, Who, day_of

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
_GUARANTOR_COPIES = tuple(
    (f"guarantor{field}", field) for field in ("address1", "address2", "city", "state", "zip", "countrycode", "countrycode3166", "email")
)


class Population(Traits):
    """Traits, written out: a patient is a record in athenahealth's own field names, values written as athenahealth writes them."""

    def patient(self, person: int) -> Record:
        """Everything that a patient record says, apart from insurances and custom fields."""
        who = self.who(person)
        sex, legal, last = self._sex(who), self._legal_name(who), self._last_name(who)
        first = self._registered(legal, who)
        department = str(self.department(person))
        record: Record = {
            "patientid": str(person),
            "firstname": first,
            "lastname": last,
            "sex": sex,
            "dob": self._birth(who),
            "ssn": self.ssn(person),
            "departmentid": department,
            "primarydepartmentid": department,
            "primaryproviderid": str(self.catalogue.providers[(who.home >> 5) % 5].id),
            "status": self.status(person),
            "registrationdate": day_of((who.home >> 9) % 366, 2012 + (who.home >> 14) % 12),
        }
        if email := self._email(who, first, last):
            record["email"] = email
        if first == legal and legal in NICKNAMES and who.own >> 16 & 3 == 2:
            record["preferredname"] = NICKNAMES[legal]
        if who.own >> 60 < 4:
            record["middlename"] = (MEN if sex == "M" else WOMEN)[who.own >> 44 & 127]
        if "junior" in who.place.family and who.place.role in ("head", "junior"):
            record["suffix"] = "Sr" if who.place.role == "head" else "Jr"
        self._add_address(record, who)
        self._add_phones(record, who)
        self._add_background(record, who)
        self._add_others(record, who)
        record.update(_PREFERENCES)
        return record

    def _email(self, who: Who, first: str, last: str) -> str | None:
        """Children have their parent's address, or none."""
        if who.own >> 24 & 7 == 0 or (who.minor and who.own >> 24 & 1):
            return None
        person = who.person
        if who.minor:
            person, (first, last, _) = who.head, self.names(who.head)
        return f"{_MAIL_NAMES[first]}.{_MAIL_NAMES.get(last) or mail_name(last)}{person}@{_MAIL_HOSTS[person & 3]}"

    def _add_address(self, record: Record, who: Who) -> None:
        drawn = who.own if who.place.role == "moved_out" else who.home
        town = self.catalogue.towns[drawn >> 32 & 3]
        record["address1"] = f"{drawn >> 34 & 1023 or 7} {STREETS[drawn >> 44 & 31]}"
        if drawn >> 49 & 7 == 1:
            record["address2"] = f"Apt {drawn >> 52 & 63}"
        record["city"], record["state"] = town.name, town.state
        record["zip"] = f"{town.zip3}{drawn >> 58 & 63:02}"
        record["countrycode"], record["countrycode3166"] = "USA", "US"

    def _add_phones(self, record: Record, who: Who) -> None:
        person, _, head, home, own = who
        if home >> 29 & 7:
            record["homephone"] = self.phone(head, HOME)
        if not who.minor and own >> 34 & 7:
            record["mobilephone"] = self.phone(person, MOBILE)
        elif who.minor and own >> 34 & 1:
            record["mobilephone"] = self.phone(head, MOBILE)
        if not who.minor and own >> 37 & 3 == 1:
            record["workphone"] = self.phone(person, WORK)
            record["employername"] = _EMPLOYERS[own >> 40 & 7]
        record["hasmobile"] = "mobilephone" in record
        record["emailexists"] = "email" in record
        record["contactpreference"] = "MOBILEPHONE" if "mobilephone" in record else "HOMEPHONE" if "homephone" in record else "MAIL"

    def _add_background(self, record: Record, who: Who) -> None:
        home, own = who.home, who.own
        race, name = RACES[_RACE_OF[home >> 50 & 15]]
        record["race"], record["racename"] = [race], name
        record["ethnicitycode"] = ETHNICITIES[home >> 54 & 7 == 3][0]
        record["language6392code"] = _LANGUAGE_OF[home >> 57 & 31]
        marital = _marital(who)
        record["maritalstatus"], record["maritalstatusname"] = marital, _MARITAL[marital]
        record["consenttocall"], record["consenttotext"] = True, bool(own >> 49 & 1)
        record["privacyinformationverified"] = record["medicationhistoryconsentverified"] = bool(own >> 50 & 1)
        record["portalaccessgiven"] = bool(own >> 51 & 1)
        record["portaltermsonfile"] = record["driverslicense"] = record["patientphoto"] = record["homebound"] = False
        record["caresummarydeliverypreference"] = "PORTAL" if record["portalaccessgiven"] else "PAPER"
        owed = 0 if own >> 52 & 1 else "-25.15"
        record["balances"] = [{"balance": owed, "departmentlist": record["departmentid"], "providergroupid": 1, "cleanbalance": True}]

    def _add_others(self, record: Record, who: Who) -> None:
        """Guarantor, emergency contact and next of kin, out of the same household."""
        dependent = who.minor and who.head != who.person
        payer = self.names(who.head) if dependent else (record["firstname"], record["lastname"], record["dob"])
        record["guarantorfirstname"], record["guarantorlastname"], record["guarantordob"] = payer
        record["guarantorrelationshiptopatient"] = "3" if dependent else "1"
        record["guarantoraddresssameaspatient"] = True
        for theirs, ours in _GUARANTOR_COPIES:
            if ours in record:
                record[theirs] = record[ours]
        if "homephone" in record or "mobilephone" in record:
            record["guarantorphone"] = record.get("homephone") or record["mobilephone"]
        if who.place.size == 1 or who.head + 1 > self.size:
            return
        other = who.head if who.person != who.head else who.head + 1
        first, last, _ = self.names(other)
        record["contactname"] = record["nextkinname"] = f"{first} {last}"
        record["contactrelationship"] = record["nextkinrelationship"] = _relationship(who)
        record["contactmobilephone"] = record["nextkinphone"] = self.phone(other, MOBILE)

    def insurances(self, person: int) -> list[Record]:
        """None, one or two policies, under the legal name; a child is on its parent's."""
        who = self.who(person)
        if who.home >> 60 == 0:
            return []
        holder = self.who(who.head) if who.minor else who
        first, last, born = self._legal_name(holder), self._last_name(holder), self._birth(holder)
        policy_holder: Record = {
            "relationshiptoinsured": "Child" if who.minor else "Self",
            "relationshiptoinsuredid": 3 if who.minor else 1,
            "insurancepolicyholder": f"{first} {last}".upper(),
            "insurancepolicyholderfirstname": first.upper(),
            "insurancepolicyholderlastname": last.upper(),
            "insurancepolicyholderdob": born,
            "insurancepolicyholdersex": self._sex(holder),
            "policynumber": f"GRP{who.home % 90000 + 10000}",
        }
        packages = (3, 0) if born[6:] < "1958" else (who.home % 3,)
        return [_policy(person, holder.person, number, _POLICIES[package]) | policy_holder for number, package in enumerate(packages, 1)]

    def custom_fields(self, person: int) -> list[Record]:
        """The values of the practice's own fields that this person has."""
        own = self.who(person).own
        chart, consent, heard_of = CUSTOM_FIELDS[:3]
        values: list[Record] = [{"customfieldid": str(chart.id), "customfieldvalue": f"C-{100000 + person}"}]
        if own >> 21 & 3:
            values.append({"customfieldid": str(consent.id), "customfieldvalue": day_of((own >> 23) % 366, 2018 + (own >> 32) % 6)})
        if own >> 11 & 1:
            option, words = heard_of.options[own >> 12 & 3]
            values.append({"customfieldid": str(heard_of.id), "customfieldvalue": words, "optionid": str(option)})
        return values


def _marital(who: Who) -> str:
    if who.minor or who.place.role in ("moved_out", "junior"):
        return "S"
    return "M" if "spouse" in who.place.family else "SDW"[(who.own >> 47) % 3]


def _relationship(who: Who) -> str:
    """What the contact is to the patient."""
    if who.minor or who.place.role in ("moved_out", "junior"):
        return "PARENT"
    return "SPOUSE" if "spouse" in who.place.family else "CHILD"


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
