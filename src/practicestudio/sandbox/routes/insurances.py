"""A patient's policies, and the packages they can be of."""

import re

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import PACKAGES, InsurancePackage, Record
from practicestudio.sandbox.parameters import read_date, us_date
from practicestudio.sandbox.population import policy_of
from practicestudio.sandbox.refusals import Refusal, invalid, missing, not_found
from practicestudio.sandbox.wire import Window, page

SELF_PAY = 0
_HOLDER = ("insurancepolicyholderfirstname", "insurancepolicyholderlastname", "insurancepolicyholdersex")
_RELATIONSHIPS = {1: "Self", 2: "Spouse", 3: "Child", 4: "Other"}
_WRITABLE = re.compile(r"insuranceidnumber|insurancephone|policynumber|issuedate|expirationdate|insurancepolicyholder\w+|insured\w+")


def list_insurances(call: Call) -> Record:
    patient, _ = call.patient()
    policies = [policy for policy in call.practice.people.insurances(patient) if "cancelled" not in policy]
    if call.parameters.flag("showcancelled"):
        policies = call.practice.people.insurances(patient)
    window = Window.read(call.parameters)
    return page("insurances", window.cut(policies), len(policies), window, call.path, call.parameters)


def create_insurance(call: Call) -> list[Record]:
    patient, _ = call.patient()
    parameters = call.parameters
    parameters.require("insurancepackageid", "sequencenumber")
    package = _package(parameters.required_integer("insurancepackageid"))
    if package is not None and (absent := [name for name in _HOLDER if parameters.text(name) is None]):
        raise missing(absent)
    sequence = parameters.required_integer("sequencenumber")
    policies = call.practice.people.insurances(patient)
    standing = {policy["sequencenumber"] for policy in policies if "cancelled" not in policy}
    if sequence in standing:
        raise invalid(f"The patient already has an insurance with SEQUENCENUMBER {sequence}.")
    if sequence > 1 and 1 not in standing:
        raise Refusal(400, {"error": "Secondary insurance without primary."})
    identity = str(patient * 10 + len(policies) + 1) if len(policies) < 9 else str(patient * 1000 + len(policies))
    policy: Record = {"insuranceid": identity, "id": identity, "sequencenumber": sequence, "eligibilitystatus": "Unverified"}
    policy |= policy_of(package) if package else {"insurancepackageid": SELF_PAY, "insuranceplanname": "*SELF PAY*"}
    policy |= _written(call)
    call.practice.set_insurances(patient, [*policies, policy], call.actor, "insurance created")
    return [dict(policy)]


def _package(wanted: int) -> InsurancePackage | None:
    """The package of an id; None for self-pay."""
    if wanted == SELF_PAY:
        return None
    package = next((one for one in PACKAGES if one.id == wanted), None)
    if package is None:
        raise invalid("The INSURANCEPACKAGEID is not valid.")
    return package


def _written(call: Call) -> Record:
    fields: Record = {}
    parameters = call.parameters
    for name in parameters.names():
        if not _WRITABLE.fullmatch(name):
            continue
        value = parameters.sent(name)
        if value and (name.endswith("dob") or name.endswith("date")):
            day = read_date(value, iso=parameters.json)
            if day is None:
                raise invalid(f"Expecting format date, but value is {value}")
            value = us_date(day)
        fields[name] = value
    relationship = parameters.integer("relationshiptoinsuredid")
    if relationship is not None:
        fields["relationshiptoinsuredid"] = relationship
        fields["relationshiptoinsured"] = _RELATIONSHIPS.get(relationship, "Other")
    holder = [fields.get(f"insurancepolicyholder{part}name") for part in ("first", "last")]
    if all(holder):
        fields["insurancepolicyholder"] = " ".join(str(part) for part in holder).upper()
    return fields


def _chosen(call: Call) -> tuple[int, list[Record], Record]:
    """The patient, all policies, and the one that is meant: by the path, or in the older way by sequencenumber."""
    patient, _ = call.patient()
    policies = call.practice.people.insurances(patient)
    if "insuranceid" in call.arguments:
        wanted = str(call.id("insuranceid"))
        found = [policy for policy in policies if str(policy["insuranceid"]) == wanted]
    else:
        sequence = call.parameters.required_integer("sequencenumber")
        found = [policy for policy in policies if policy["sequencenumber"] == sequence and "cancelled" not in policy]
    if not found:
        raise not_found("insurance")
    return patient, policies, found[0]


def update_insurance(call: Call) -> Record:
    patient, policies, policy = _chosen(call)
    policy.update(_written(call))
    if "insuranceid" in call.arguments and (sequence := call.parameters.integer("newsequencenumber")):
        policy["sequencenumber"] = sequence
    call.practice.set_insurances(patient, policies, call.actor, "insurance updated")
    return {"success": True, "message": ""}


def delete_insurance(call: Call) -> Record:
    patient, policies, policy = _chosen(call)
    policy["cancelled"] = us_date(call.practice.now().date())
    call.practice.set_insurances(patient, policies, call.actor, "insurance deleted")
    return {"success": True, "message": ""}


def reactivate_insurance(call: Call) -> Record:
    patient, policies, policy = _chosen(call)
    policy.pop("cancelled", None)
    call.practice.set_insurances(patient, policies, call.actor, "insurance reactivated")
    return {"success": True, "message": ""}


def list_packages(call: Call) -> Record:
    wanted = (call.parameters.text("insuranceplanname") or "").lower()
    listed = [policy_of(package) for package in PACKAGES if wanted in package.plan.lower()]
    window = Window.read(call.parameters)
    return page("insurancepackages", window.cut(listed), len(listed), window, call.path, call.parameters)


OPERATIONS = (
    Operation("list_insurances", "GET", "patients/{patientid}/insurances", list_insurances),
    Operation("create_insurance", "POST", "patients/{patientid}/insurances", create_insurance),
    Operation("update_insurance", "PUT", "patients/{patientid}/insurances/{insuranceid}", update_insurance),
    Operation("update_insurance_by_sequence", "PUT", "patients/{patientid}/insurances", update_insurance),
    Operation("delete_insurance", "DELETE", "patients/{patientid}/insurances/{insuranceid}", delete_insurance),
    Operation("delete_insurance_by_sequence", "DELETE", "patients/{patientid}/insurances", delete_insurance),
    Operation("reactivate_insurance", "POST", "patients/{patientid}/insurances/{insuranceid}/reactivate", reactivate_insurance),
    Operation("list_insurance_packages", "GET", "insurancepackages", list_packages, preview=False),
    Operation("list_common_insurance_packages", "GET", "misc/commoninsurancepackages", list_packages, preview=False),
    Operation("list_top_insurance_packages", "GET", "misc/topinsurancepackages", list_packages, preview=False),
)
