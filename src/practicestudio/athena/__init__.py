"""The doors to athenahealth: REST, FHIR, HL7 and files."""
