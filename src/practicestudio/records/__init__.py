"""What Practice Studio knows, as frozen values. No I/O here, and no word of how athenahealth says it."""

from practicestudio.records.appointment import Appointment, AppointmentStatus
from practicestudio.records.coded import Coded
from practicestudio.records.patient import Address, Contact, Gender, Guarantor, Insurance, Patient, PatientStatus
from practicestudio.records.practice import AppointmentReason, AppointmentType, CustomField, Location, Provider

__all__ = [
    "Address",
    "Appointment",
    "AppointmentReason",
    "AppointmentStatus",
    "AppointmentType",
    "Coded",
    "Contact",
    "CustomField",
    "Gender",
    "Guarantor",
    "Insurance",
    "Location",
    "Patient",
    "PatientStatus",
    "Provider",
]
