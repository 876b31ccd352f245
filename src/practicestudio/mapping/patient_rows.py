"""The rows of a patient. Length limits are athenahealth's: docs.athenahealth.com/api/resources/best-practices-and-troubleshooting."""

from practicestudio.mapping.coded import CodedList, CodedValue, LanguageCode
from practicestudio.mapping.codes import CONTACT_PREFERENCE, COUNTRY, ETHNICITY, MARITAL_STATUS, PATIENT_STATUS, RACE, RELATIONSHIP, SEX
from practicestudio.mapping.conversions import Code, Date, Flag, Ids, LastFour, Phone, Reference, Text
from practicestudio.mapping.lists import CustomFieldList, InsuranceList
from practicestudio.mapping.rows import LONGEST_NOTE, FieldMap, Row, not_kept

_PERSON = (
    Row("patientid", "external_id", Text(100), "in", required=True, note="athenahealth patient identifier"),
    Row("previouspatientids", "previous_external_ids", Ids(), "in", note="ids of records merged into this one"),
    Row("status", "status", Code(PATIENT_STATUS.name, unknown="error"), clearable=False, note="letters when sent, words when received"),
    Row("firstname", "first_name", Text(), max_sent=20, needed_to_create=True, clearable=False),
    Row("middlename", "middle_name", Text(), max_sent=20),
    Row("lastname", "last_name", Text(), max_sent=30, required=True, needed_to_create=True, clearable=False),
    Row("suffix", "suffix", Text(), max_sent=10),
    Row("preferredname", "preferred_name", Text(), max_sent=20),
    Row("altfirstname", "alternate_first_name", Text(), max_sent=20),
    Row(
        "dob",
        "date_of_birth",
        Date(impossible="error"),
        required=True,
        needed_to_create=True,
        clearable=False,
        note="MM/DD/YYYY; YYYY-MM-DD in the guide",
    ),
    Row("deceaseddate", "deceased_on", Date()),
    Row("sex", "gender", Code(SEX.name), clearable=False, note="athenahealth itself takes M and F only"),
    Row("maritalstatus", "marital_status", Code(MARITAL_STATUS.name)),
    Row("ssn", "ssn_last4", LastFour(), "in", note="received masked; only the last four digits are kept"),
)

_REACH = (
    Row("address1", "address.line1", Text(), max_sent=100),
    Row("address2", "address.line2", Text(), max_sent=100),
    Row("city", "address.city", Text(), max_sent=30),
    Row("state", "address.state", Text(), max_sent=10),
    Row("zip", "address.postal_code", Text(), max_sent=10),
    Row("countrycode3166", "address.country", Text(), note="ISO 3166-1"),
    Row("countrycode", "address.country", Code(COUNTRY.name), "in", fallback=True, note="three letters; the ISO code comes first"),
    Row("homephone", "phone_home", Phone(), declinable=True),
    Row("mobilephone", "phone_mobile", Phone(), declinable=True),
    Row("workphone", "phone_work", Phone(), declinable=True),
    Row("email", "email", Text(), max_sent=50, declinable=True),
    Row("contactpreference", "contact_preference", Code(CONTACT_PREFERENCE.name)),
    Row("consenttocall", "consent_to_call", Flag(), clearable=False),
    Row("consenttotext", "consent_to_text", Flag(), clearable=False),
)

_BACKGROUND = (
    Row("language6392code", "preferred_language", LanguageCode(), guide="language", declinable=True, note="ISO 639-2 at athenahealth"),
    Row("race", "race", CodedList(RACE.name), declinable=True, note="codes; tab-separated when sent, all at once"),
    Row("racename", "race", CodedList(RACE.name), "in", fallback=True, note="the name of the first code of race"),
    Row("ethnicitycode", "ethnicity", CodedValue(ETHNICITY.name), guide="ethnicity", declinable=True),
    Row("ethnicitycodes", "ethnicity", CodedValue(ETHNICITY.name), "in", fallback=True),
)

_PRACTICE = (
    Row("departmentid", "registration_location_id", Reference("location"), "create", needed_to_create=True, note="where the patient was registered"),
    Row("primarydepartmentid", "primary_location_id", Reference("location"), clearable=False, note="where the patient is seen now"),
    Row("primaryproviderid", "primary_provider_id", Reference("provider")),
    Row("notes", "notes", Text(LONGEST_NOTE), max_sent=4_000),
)

_CONTACTS = (
    Row("contactname", "contacts.emergency.name", Text(), max_sent=50),
    Row("contactrelationship", "contacts.emergency.relationship", Code(RELATIONSHIP.name)),
    Row("contacthomephone", "contacts.emergency.phone", Phone()),
    Row("contactmobilephone", "contacts.emergency.phone_mobile", Phone()),
    Row("nextkinname", "contacts.next_of_kin.name", Text(), max_sent=50),
    Row("nextkinrelationship", "contacts.next_of_kin.relationship", Code(RELATIONSHIP.name)),
    Row("nextkinphone", "contacts.next_of_kin.phone", Phone()),
)

_GUARANTOR = (
    Row("guarantorfirstname", "guarantor.first_name", Text(), max_sent=20),
    Row("guarantormiddlename", "guarantor.middle_name", Text(), max_sent=20),
    Row("guarantorlastname", "guarantor.last_name", Text(), max_sent=30),
    Row("guarantorsuffix", "guarantor.suffix", Text(), max_sent=10),
    Row("guarantordob", "guarantor.date_of_birth", Date()),
    Row("guarantorrelationshiptopatient", "guarantor.relationship", Code("relationship to insured"), note="the same ids as for insurances"),
    Row("guarantoraddress1", "guarantor.address.line1", Text(), max_sent=100),
    Row("guarantoraddress2", "guarantor.address.line2", Text(), max_sent=100),
    Row("guarantorcity", "guarantor.address.city", Text(), max_sent=30),
    Row("guarantorstate", "guarantor.address.state", Text(), max_sent=10),
    Row("guarantorzip", "guarantor.address.postal_code", Text(), max_sent=10),
    Row("guarantorcountrycode3166", "guarantor.address.country", Text(), note="ISO 3166-1"),
    Row("guarantorcountrycode", "guarantor.address.country", Code(COUNTRY.name), "in", fallback=True),
    Row("guarantorphone", "guarantor.phone", Phone()),
    Row("guarantoremail", "guarantor.email", Text(), max_sent=50),
)

_LISTS = (
    Row("insurances", "insurances", InsuranceList(), note="each by a call of its own when sent"),
    Row("customfields", "custom_fields.*", CustomFieldList(), note="by a call of its own when sent; the practice's rows name the fields"),
)

_NOT_KEPT = (
    *not_kept("the name of another field's code", "maritalstatusname", "hierarchicalcode", "povertylevelcalculated"),
    *not_kept("a social security number that is not needed is not stored", "guarantorssn"),
    *not_kept("the guarantor's address is kept itself", "guarantoraddresssameaspatient"),
    *not_kept("says only whether another field has a value", "emailexists", "hasmobile", "hasmobileyn"),
    *not_kept("an address used once, not the patient's", "lastemail"),
    *not_kept("money is read from the billing side when it is needed", "balances", "claims"),
    *not_kept("follows from the appointments", "firstappointment", "lastappointment", "lastappointmentdepartmentid", "lastappointmentproviderid"),
    *not_kept("concerns athenahealth's own portal", "portalstatus", "portalaccessgiven", "portaltermsonfile", "portalsignatureonfile"),
    *not_kept(
        "concerns athenahealth's own messages", "caresummarydeliverypreference", "onlinestatementonly", "donotcall", "donotcallyn", "mobilecarrierid"
    ),
    *not_kept(
        "concerns athenahealth's own messages, one by one",
        *(f"contactpreference_{subject}_{way}" for subject in ("announcement", "appointment", "billing", "lab") for way in ("email", "phone", "sms")),
    ),
    *not_kept(
        "papers and pictures are documents, which are fetched as such",
        "driverslicense",
        "driverslicenseurl",
        "driverslicensenumber",
        "driverslicensestateid",
        "driverslicenseexpirationdate",
        "patientphoto",
        "patientphotourl",
        "privacyinformationverified",
        "medicationhistoryconsentverified",
    ),
    *not_kept(
        "athenahealth's own bookkeeping of the record",
        "registrationdate",
        "lastupdated",
        "lastupdatedby",
        "localpatientid",
        "enterpriseid",
        "globalid",
    ),
    *not_kept("how well a search matched, which is decided here again", "score", "matchscore"),
    *not_kept("the status in every other department, which the department itself gives", "allpatientstatuses", "patientdepartments"),
    *not_kept(
        "a social history item, which belongs to the chart", "homebound", "homeboundyn", "homeless", "homelesstype", "veteran", "publichousing"
    ),
    *not_kept("a social history item, which belongs to the chart", "agriculturalworker", "agriculturalworkertype", "schoolbasedhealthcenter"),
    *not_kept(
        "a social history item, which belongs to the chart",
        "povertylevelfamilysize",
        "povertylevelfamilysizedeclined",
        "povertylevelincomedeclined",
        "povertylevelincomepayperiod",
        "povertylevelincomeperpayperiod",
        "povertylevelincomerangedeclined",
    ),
    *not_kept(
        "work is not kept",
        "employerid",
        "employername",
        "employerphone",
        "employeraddress",
        "employercity",
        "employerstate",
        "employerzip",
        "employerfax",
    ),
    *not_kept("work is not kept", "guarantoremployerid", "occupationcode", "industrycode"),
    *not_kept("how the patient found the practice is not kept", "referralsourceid", "referralsourceother", "referringproviderid"),
    *not_kept("the pharmacy belongs to the chart", "defaultpharmacyncpdpid", "clinicalordertypegroupid"),
)

PATIENT = FieldMap(
    "patient",
    "Patient",
    (*_PERSON, *_REACH, *_BACKGROUND, *_PRACTICE, *_CONTACTS, *_GUARANTOR, *_LISTS, *_NOT_KEPT),
)

ONE_OF_TO_CREATE = ("email", "guarantoremail", "ssn", "homephone", "mobilephone", "workphone", "zip")
"""athenahealth makes a patient only with at least one of these: docs.athenahealth.com/api/api-ref/patient."""
