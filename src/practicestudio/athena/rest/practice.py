"""What a practice is made of, as athenahealth lists it: places, people who treat, kinds of appointment, reasons, fields of its own."""

from practicestudio.athena.rest.answers import Answer, Record
from practicestudio.athena.rest.client import FEED, Errand, Purpose, RestClient


class Practice:
    """What can be asked about a practice itself. None of it is about a patient."""

    def __init__(self, client: RestClient, purpose: Purpose = FEED) -> None:
        self._errand = Errand(client, purpose)

    async def ping(self) -> Answer:
        """Whether athenahealth answers for this practice with these credentials; the answer also tells a clock that is off."""
        return await self._errand.call("ping")

    async def info(self) -> Record:
        """The practice's name and what it has; bare, or the first of a list."""
        fields = (await self._errand.call("practice.info")).fields
        listed = fields.get("practiceinfo")
        return listed[0] if isinstance(listed, list) and listed else fields

    async def departments(self) -> list[Record]:
        """Departments, hidden ones too, each with its time zone (`timezonename`)."""
        return await self._errand.whole_list("department.list", query={"showalldepartments": True})

    async def providers(self) -> list[Record]:
        return await self._errand.whole_list("provider.list")

    async def appointment_types(self) -> list[Record]:
        """Kinds of appointment, those that are not for patients too."""
        return await self._errand.whole_list("appointment_type.list", query={"hidenonpatient": False})

    async def reasons(self, departmentid: str, providerid: str) -> list[Record]:
        """Reasons that patients may be booked for at a department with a provider, with their lead times."""
        return await self._errand.whole_list("reason.list", query={"departmentid": departmentid, "providerid": providerid})

    async def cancel_reasons(self) -> list[Record]:
        return await self._errand.whole_list("cancel_reason.list")

    async def custom_fields(self) -> list[Record]:
        """The fields that the practice added to patients."""
        return (await self._errand.call("custom_field.list")).items
