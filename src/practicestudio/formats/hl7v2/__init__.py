"""HL7 version 2: reading tolerantly, writing exactly, acknowledging. From the standard's chapters 2 and 2.A."""

from practicestudio.formats.hl7v2.batches import Found, Refused, split
from practicestudio.formats.hl7v2.delimiters import STANDARD, Delimiters
from practicestudio.formats.hl7v2.escapes import escape, unescape
from practicestudio.formats.hl7v2.message import NULL, Message, Segment, read
from practicestudio.formats.hl7v2.places import Place, place

__all__ = ["NULL", "STANDARD", "Delimiters", "Found", "Message", "Place", "Refused", "Segment", "escape", "place", "read", "split", "unescape"]
