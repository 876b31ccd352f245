"""The operations of the API, one module for each part of it."""

from practicestudio.sandbox.routes import appointments, booking, changes, insurances, patients, practices, search, visits

OPERATIONS = (
    *practices.OPERATIONS,
    *patients.OPERATIONS,
    *search.OPERATIONS,
    *insurances.OPERATIONS,
    *appointments.OPERATIONS,
    *booking.OPERATIONS,
    *visits.OPERATIONS,
    *changes.OPERATIONS,
)
