"""The rows of what a practice is made of: departments, providers, appointment types and reasons, custom fields."""

from practicestudio.mapping.codes import TIME_ZONE
from practicestudio.mapping.conversions import Flag, Number, Text
from practicestudio.mapping.lists import OptionList
from practicestudio.mapping.rows import FieldMap, Row, not_kept

LOCATION = FieldMap(
    "location",
    "Location",
    (
        Row("departmentid", "external_id", Text(100), "in", required=True, note="athenahealth department identifier"),
        Row("patientdepartmentname", "name", Text(), "in", note="the name that patients see"),
        Row("name", "name", Text(), "in", fallback=True),
        Row(
            "timezonename",
            "time_zone",
            Text(100),
            "in",
            required=True,
            part="zone",
            note=f"by the table {TIME_ZONE.name}; other IANA names as they are",
        ),
        Row("doesnotobservedst", "time_zone", Flag(), "in", part="standard", note="by the table time zone without daylight saving"),
        *not_kept("follows from the time zone", "timezone", "timezoneoffset"),
        *not_kept(
            "a practice's address is not kept",
            "address",
            "address2",
            "city",
            "state",
            "zip",
            "latitude",
            "longitude",
            "phone",
            "fax",
            "clinicalproviderfax",
        ),
        *not_kept(
            "concerns athenahealth's own set-up",
            "chartsharinggroupid",
            "clinicals",
            "communicatorbrandid",
            "creditcardtypes",
            "ecommercecreditcardtypes",
            "ishospitaldepartment",
            "medicationhistoryconsent",
            "oneyearcontractmax",
            "singleappointmentcontractmax",
            "placeofservicefacility",
            "placeofservicetypeid",
            "placeofservicetypename",
            "portalurl",
            "providergroupid",
            "providergroupname",
            "providerlist",
            "servicedepartment",
        ),
    ),
)

PROVIDER = FieldMap(
    "provider",
    "Provider",
    (
        Row("providerid", "external_id", Text(100), "in", required=True, note="athenahealth provider identifier"),
        Row("displayname", "name", Text(), "in"),
        Row("schedulingname", "name", Text(), "in", fallback=True),
        Row("lastname", "name", Text(), "in", fallback=True),
        Row("npi", "npi", Text(20), "in", note="ten digits"),
        *not_kept("part of the display name", "firstname"),
        *not_kept(
            "concerns athenahealth's own set-up",
            "acceptingnewpatients",
            "acceptingnewpatientsyn",
            "ansinamecode",
            "ansispecialtycode",
            "billable",
            "billednameid",
            "createencounteroncheckin",
            "createencounterprovideridlist",
            "entitytype",
            "federalidnumber",
            "hideinportal",
            "homedepartment",
            "otherproviderids",
            "personalpronouns",
            "providergrouplist",
            "providertype",
            "providertypeid",
            "provideridlist",
            "providerusername",
            "scheduleresourcetype",
            "sex",
            "specialty",
            "specialtyid",
            "supervisingproviderid",
            "supervisingproviderusername",
            "usualdepartmentid",
        ),
    ),
)

APPOINTMENT_TYPE = FieldMap(
    "appointment type",
    "AppointmentType",
    (
        Row("appointmenttypeid", "external_id", Text(100), "in", required=True, note="athenahealth appointment type identifier"),
        Row("name", "name", Text(), "in"),
        Row("shortname", "short_name", Text(), "in"),
        Row("duration", "duration", Number(), "in", note="minutes"),
        Row("generic", "generic", Flag(), "in", note="a slot of this type may be booked as another type"),
        *not_kept("concerns athenahealth's own set-up", "patient", "patientdisplayname", "templatetypeonly", "createencounteroncheckin"),
    ),
)

APPOINTMENT_REASON = FieldMap(
    "appointment reason",
    "AppointmentReason",
    (
        Row("reasonid", "external_id", Text(100), "in", required=True, note="athenahealth reason identifier"),
        Row("reason", "name", Text(), "in"),
        Row("description", "name", Text(), "in", fallback=True),
        Row("schedulingminhours", "min_hours", Number(), "in", note="hours ahead at the least"),
        Row("schedulingmaxdays", "max_days", Number(), "in", note="days ahead at the most"),
        *not_kept("which patients it is for is asked for at booking", "reasontype"),
    ),
)

CUSTOM_FIELD = FieldMap(
    "custom field",
    "CustomField",
    (
        Row("customfieldid", "external_id", Text(100), "in", required=True, note="athenahealth custom field identifier"),
        Row("name", "name", Text(200), "in"),
        Row("type", "kind", Text(40), "in", part="type", note="TEXT or DATE"),
        Row("select", "kind", Flag(), "in", part="select", note="true: one of the options"),
        Row("disallowupdate", "read_only", Flag(), "in"),
        Row("selectlist", "options", OptionList(), "in", note="optionid and optionvalue"),
        *not_kept("concerns searching at athenahealth", "searchable", "casesensitive", "length"),
    ),
)
