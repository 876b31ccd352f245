"""The code tables: athenahealth's codes and ours, each with its public source."""

from practicestudio.mapping.rows import CodeRow, CodeTable

PATIENT_DOCS = "docs.athenahealth.com/api/api-ref/patient"
INSURANCE_DOCS = "docs.athenahealth.com/api/api-ref/patient-insurance"
APPOINTMENT_DOCS = "docs.athenahealth.com/api/api-ref/appointment"
CDC = "CDC Race and Ethnicity, urn:oid:2.16.840.1.113883.6.238"

# athenahealth's own interface takes M and F only; the guide's dialect takes all four.
SEX = CodeTable(
    "sex",
    (
        CodeRow("M", "male", "Male"),
        CodeRow("F", "female", "Female"),
        CodeRow("O", "other", "Other", sent="guide"),
        CodeRow("U", "unknown", "Unknown", sent="guide"),
    ),
    PATIENT_DOCS,
    closed=True,
)

PATIENT_STATUS = CodeTable(
    "patient status",
    (
        CodeRow("a", "active", "Active"),
        CodeRow("i", "inactive", "Inactive"),
        CodeRow("p", "prospective", "Prospective"),
        CodeRow("d", "deleted", "Deleted"),
        CodeRow("active", "active", "Active", sent="never"),
        CodeRow("inactive", "inactive", "Inactive", sent="never"),
        CodeRow("prospective", "prospective", "Prospective", sent="never"),
        CodeRow("deleted", "deleted", "Deleted", sent="never"),
    ),
    PATIENT_DOCS,
    closed=True,
)

MARITAL_STATUS = CodeTable(
    "marital status",
    (
        CodeRow("D", "divorced", "Divorced"),
        CodeRow("M", "married", "Married"),
        CodeRow("P", "partner", "Partner"),
        CodeRow("S", "single", "Single"),
        CodeRow("U", "unknown", "Unknown"),
        CodeRow("W", "widowed", "Widowed"),
        CodeRow("X", "separated", "Separated"),
    ),
    PATIENT_DOCS,
)

RELATIONSHIP = CodeTable(
    "relationship",
    tuple(CodeRow(word.upper(), word, word.title()) for word in ("child", "cousin", "friend", "guardian", "other", "parent", "sibling", "spouse")),
    PATIENT_DOCS,
)

CONTACT_PREFERENCE = CodeTable(
    "contact preference",
    (
        CodeRow("HOMEPHONE", "home_phone", "Home phone"),
        CodeRow("MAIL", "mail", "Mail"),
        CodeRow("MOBILEPHONE", "mobile_phone", "Mobile phone"),
        CodeRow("PORTAL", "portal", "Portal"),
        CodeRow("WORKPHONE", "work_phone", "Work phone"),
    ),
    PATIENT_DOCS,
)

INSURED_RELATIONSHIP = CodeTable(
    "relationship to insured",
    (
        CodeRow("1", "self", "Self"),
        CodeRow("2", "spouse", "Spouse"),
        CodeRow("3", "child", "Child"),
        CodeRow("4", "other", "Other"),
        CodeRow("5", "grandparent", "Grandparent"),
        CodeRow("6", "grandchild", "Grandchild"),
        CodeRow("7", "nephew or niece", "Nephew or niece"),
        CodeRow("9", "foster child", "Foster child"),
        CodeRow("10", "ward", "Ward"),
        CodeRow("11", "stepchild", "Stepson or stepdaughter"),
        CodeRow("12", "employee", "Employee"),
        CodeRow("13", "unknown", "Unknown"),
        CodeRow("14", "handicapped dependent", "Handicapped dependent"),
        CodeRow("15", "sponsored dependent", "Sponsored dependent"),
        CodeRow("16", "dependent of a minor dependent", "Dependent of a minor dependent"),
        CodeRow("17", "significant other", "Significant other"),
        CodeRow("18", "mother", "Mother"),
        CodeRow("19", "father", "Father"),
        CodeRow("21", "emancipated minor", "Emancipated minor"),
        CodeRow("22", "organ donor", "Organ donor"),
        CodeRow("23", "cadaver donor", "Cadaver donor"),
        CodeRow("24", "injured plaintiff", "Injured plaintiff"),
        CodeRow("25", "child without financial responsibility of the insured", "Child (insured not financially responsible)"),
        CodeRow("26", "life partner", "Life partner"),
    ),
    INSURANCE_DOCS,
)

INSURED_RELATIONSHIP_NAME = CodeTable(
    "relationship to insured, in words",
    tuple(CodeRow(row.name, row.ours, row.name, sent="never") for row in INSURED_RELATIONSHIP.rows),
    INSURANCE_DOCS,
)

APPOINTMENT_STATUS = CodeTable(
    "appointment status",
    (
        CodeRow("x", "cancelled", "Cancelled"),
        CodeRow("f", "booked", "Future: booked and not checked in, also when its time has passed"),
        CodeRow("o", "open", "Open: a free slot"),
        CodeRow("2", "checked_in", "Checked in"),
        CodeRow("3", "checked_out", "Checked out"),
        CodeRow("4", "charge_entered", "Charge entered"),
    ),
    APPOINTMENT_DOCS,
    closed=True,
)

COUNTRY = CodeTable(
    "country",
    (
        CodeRow("USA", "US", "United States", sent="never"),
        CodeRow("CAN", "CA", "Canada", sent="never"),
        CodeRow("MEX", "MX", "Mexico", sent="never"),
        CodeRow("PRI", "PR", "Puerto Rico", sent="never"),
        CodeRow("GUM", "GU", "Guam", sent="never"),
        CodeRow("VIR", "VI", "U.S. Virgin Islands", sent="never"),
        CodeRow("ASM", "AS", "American Samoa", sent="never"),
        CodeRow("MNP", "MP", "Northern Mariana Islands", sent="never"),
        CodeRow("GBR", "GB", "United Kingdom", sent="never"),
        CodeRow("DEU", "DE", "Germany", sent="never"),
        CodeRow("FRA", "FR", "France", sent="never"),
    ),
    "ISO 3166-1",
)

TIME_ZONE = CodeTable(
    "time zone",
    (
        CodeRow("US/Eastern", "America/New_York", "Eastern", sent="never"),
        CodeRow("US/East-Indiana", "America/Indiana/Indianapolis", "Eastern, Indiana", sent="never"),
        CodeRow("US/Michigan", "America/Detroit", "Eastern, Michigan", sent="never"),
        CodeRow("US/Central", "America/Chicago", "Central", sent="never"),
        CodeRow("US/Mountain", "America/Denver", "Mountain", sent="never"),
        CodeRow("US/Arizona", "America/Phoenix", "Mountain, without daylight saving", sent="never"),
        CodeRow("US/Pacific", "America/Los_Angeles", "Pacific", sent="never"),
        CodeRow("US/Alaska", "America/Anchorage", "Alaska", sent="never"),
        CodeRow("US/Hawaii", "Pacific/Honolulu", "Hawaii", sent="never"),
        CodeRow("US/Samoa", "Pacific/Pago_Pago", "Samoa", sent="never"),
    ),
    "IANA time zone database",
)

STANDARD_TIME_ZONE = CodeTable(
    "time zone without daylight saving",
    (
        CodeRow("US/Eastern", "Etc/GMT+5", "Eastern standard time all year", sent="never"),
        CodeRow("US/Central", "Etc/GMT+6", "Central standard time all year", sent="never"),
        CodeRow("US/Mountain", "America/Phoenix", "Mountain standard time all year", sent="never"),
        CodeRow("US/Pacific", "Etc/GMT+8", "Pacific standard time all year", sent="never"),
        CodeRow("US/Alaska", "Etc/GMT+9", "Alaska standard time all year", sent="never"),
    ),
    "IANA time zone database",
)


def _standard(*rows: tuple[str, str]) -> tuple[CodeRow, ...]:
    """Codes that athenahealth takes over from the standard unchanged."""
    return tuple(CodeRow(code, code, name) for code, name in rows)


RACE = CodeTable(
    "race",
    _standard(
        ("1002-5", "American Indian or Alaska Native"),
        ("1004-1", "American Indian"),
        ("1735-0", "Alaska Native"),
        ("2028-9", "Asian"),
        ("2029-7", "Asian Indian"),
        ("2030-5", "Bangladeshi"),
        ("2031-3", "Bhutanese"),
        ("2032-1", "Burmese"),
        ("2033-9", "Cambodian"),
        ("2034-7", "Chinese"),
        ("2035-4", "Taiwanese"),
        ("2036-2", "Filipino"),
        ("2037-0", "Hmong"),
        ("2038-8", "Indonesian"),
        ("2039-6", "Japanese"),
        ("2040-4", "Korean"),
        ("2041-2", "Laotian"),
        ("2042-0", "Malaysian"),
        ("2043-8", "Okinawan"),
        ("2044-6", "Pakistani"),
        ("2045-3", "Sri Lankan"),
        ("2046-1", "Thai"),
        ("2047-9", "Vietnamese"),
        ("2054-5", "Black or African American"),
        ("2056-0", "Black"),
        ("2058-6", "African American"),
        ("2060-2", "African"),
        ("2067-7", "Bahamian"),
        ("2068-5", "Barbadian"),
        ("2069-3", "Dominican"),
        ("2070-1", "Dominica Islander"),
        ("2071-9", "Haitian"),
        ("2072-7", "Jamaican"),
        ("2073-5", "Tobagoan"),
        ("2074-3", "Trinidadian"),
        ("2075-0", "West Indian"),
        ("2076-8", "Native Hawaiian or Other Pacific Islander"),
        ("2078-4", "Polynesian"),
        ("2079-2", "Native Hawaiian"),
        ("2080-0", "Samoan"),
        ("2081-8", "Tahitian"),
        ("2082-6", "Tongan"),
        ("2085-9", "Micronesian"),
        ("2086-7", "Guamanian or Chamorro"),
        ("2100-6", "Melanesian"),
        ("2500-7", "Other Pacific Islander"),
        ("2106-3", "White"),
        ("2108-9", "European"),
        ("2118-8", "Middle Eastern or North African"),
        ("2129-5", "Arab"),
        ("2131-1", "Other Race"),
    ),
    CDC,
)

ETHNICITY = CodeTable(
    "ethnicity",
    _standard(
        ("2135-2", "Hispanic or Latino"),
        ("2137-8", "Spaniard"),
        ("2148-5", "Mexican"),
        ("2155-0", "Central American"),
        ("2165-9", "South American"),
        ("2178-2", "Latin American"),
        ("2180-8", "Puerto Rican"),
        ("2182-4", "Cuban"),
        ("2184-0", "Dominican"),
        ("2186-5", "Not Hispanic or Latino"),
    ),
    CDC,
)

ALL_CODE_TABLES = (
    SEX,
    PATIENT_STATUS,
    MARITAL_STATUS,
    RACE,
    ETHNICITY,
    RELATIONSHIP,
    CONTACT_PREFERENCE,
    INSURED_RELATIONSHIP,
    INSURED_RELATIONSHIP_NAME,
    APPOINTMENT_STATUS,
    COUNTRY,
    TIME_ZONE,
    STANDARD_TIME_ZONE,
)


def standard_code(code: str) -> bool:
    """Whether the text has the form of a CDC race or ethnicity code: four digits and their check digit (Luhn)."""
    if len(code) != 6 or code[4] != "-" or not (code.isascii() and (code[:4] + code[5]).isdecimal()):
        return False
    total = sum(int(digit) if place % 2 == 0 else sum(divmod(2 * int(digit), 10)) for place, digit in enumerate(code[:4]))
    # The digit next to the check digit counts double, so of four digits the second and the fourth do.
    return (total + int(code[5])) % 10 == 0
