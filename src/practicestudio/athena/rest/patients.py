"""Patients of one practice, in athenahealth's words."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from practicestudio.athena.rest.answers import Answer, Record
from practicestudio.athena.rest.client import FEED, Errand, Purpose, RestClient
from practicestudio.athena.rest.paging import Page

Fields = Mapping[str, Any]

WHOLE: Fields = {"showcustomfields": True, "showinsurance": True}
"""What makes a patient come with custom fields and insurances, so that no further calls are needed."""


class Patients:
    """What can be asked about patients. Field names and values are athenahealth's; ids are text."""

    def __init__(self, client: RestClient, purpose: Purpose = FEED) -> None:
        self._errand = Errand(client, purpose)

    async def search(self, fields: Fields) -> list[Record]:
        """Patients that agree with every field (firstname, lastname, dob, a phone, …); at least one is needed. Empty where none does."""
        return await self._errand.whole_list("patient.search", query=fields)

    def all(self, departmentid: str, *, cursor: str | None = None, page_size: int | None = None, also: Fields = WHOLE) -> AsyncIterator[Page]:
        """Every patient registered at a department, in pages; resumes at a page's next_cursor."""
        query = {"departmentid": departmentid, **also}
        return self._errand.pages("patient.list", query=query, cursor=cursor, page_size=page_size)

    async def get(self, patientid: str, *, also: Fields = WHOLE) -> Record:
        """One patient. Raises NotFound."""
        return (await self._errand.call("patient.get", path={"patientid": patientid}, query=also)).fields

    async def best_match(self, fields: Fields) -> list[Record]:
        """Patients that athenahealth itself finds alike, each with its `score`. Needs firstname, lastname and dob."""
        return (await self._errand.call("patient.best_match", query=fields)).items

    async def create(self, fields: Fields) -> Answer:
        """Register a patient; `patientid` is in the answer's fields.

        athenahealth matches first: where it finds the same person it answers with that patient's id and creates nothing, unless
        bypasspatientmatching is sent.
        """
        return await self._errand.call("patient.create", body=fields)

    async def update(self, patientid: str, fields: Fields) -> Answer:
        """Change the given fields only; "" clears one."""
        return await self._errand.call("patient.update", path={"patientid": patientid}, body=fields)

    async def custom_fields(self, patientid: str, departmentid: str) -> list[Record]:
        """The patient's values of the practice's own fields."""
        path, query = {"patientid": patientid}, {"departmentid": departmentid}
        return (await self._errand.call("patient.custom_fields", path=path, query=query)).items

    async def update_custom_fields(self, patientid: str, departmentid: str, values: Sequence[Fields]) -> Answer:
        """Set custom fields: customfieldid with customfieldvalue or optionid each."""
        body = {"departmentid": departmentid, "customfields": list(values)}
        return await self._errand.call("patient.custom_fields.update", path={"patientid": patientid}, body=body)

    async def insurances(self, patientid: str) -> list[Record]:
        """The patient's insurances, by sequencenumber (1 primary, 2 secondary)."""
        return (await self._errand.call("patient.insurances", path={"patientid": patientid})).items

    async def add_insurance(self, patientid: str, fields: Fields) -> Answer:
        """Add an insurance: insurancepackageid and sequencenumber at least."""
        return await self._errand.call("patient.insurance.create", path={"patientid": patientid}, body=fields)

    async def update_insurance(self, patientid: str, insuranceid: str, fields: Fields) -> Answer:
        path = {"patientid": patientid, "insuranceid": insuranceid}
        return await self._errand.call("patient.insurance.update", path=path, body=fields)

    async def remove_insurance(self, patientid: str, insuranceid: str) -> Answer:
        path = {"patientid": patientid, "insuranceid": insuranceid}
        return await self._errand.call("patient.insurance.delete", path=path)
