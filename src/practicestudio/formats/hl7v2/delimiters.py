"""The characters that part a message, which each message names in its own header (HL7 v2.5.1 ch. 2.5.4)."""

from dataclasses import dataclass

from practicestudio.errors import Unreadable

HEADERS = ("MSH", "FHS", "BHS")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """truncation: the mark of a shortened value, since version 2.7; empty where the header names none."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding_characters(self) -> str:
        """What stands in MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation

    @classmethod
    def of_header(cls, line: str) -> "Delimiters":
        """The delimiters that a header segment names; those it leaves out are the usual ones.

        Raises Unreadable where the header does not name a field separator, or names one character twice.
        """
        if line[:3] not in HEADERS or len(line) < 4:
            raise Unreadable("The message does not begin with a header segment.", advice="It has to begin with MSH and the field separator.")
        separator = line[3]
        if separator.isalnum() or separator.isspace():
            raise Unreadable("The header does not name a field separator.", advice="The fourth character has to be one, usually |.")
        if line[4:9] == STANDARD.encoding_characters + separator and separator == "|":
            return STANDARD
        named = line[4:].partition(separator)[0][:5]
        usual = STANDARD.encoding_characters
        component, repetition, escape, subcomponent = (named[at] if at < len(named) else usual[at] for at in range(4))
        found = cls(separator, component, repetition, escape, subcomponent, named[4:5])
        if len(set(separator + named)) != 1 + len(named):
            raise Unreadable("The header names one delimiter twice.", advice="MSH-1 and MSH-2 have to name different characters.")
        return found


STANDARD = Delimiters()
"""What nearly everybody uses, and what we write."""
