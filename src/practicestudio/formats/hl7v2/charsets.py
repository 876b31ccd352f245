"""Character sets: what MSH-18 calls them (HL7 table 0211), and reading bytes so that nothing is lost, whatever they hold."""

CHARSETS = {
    "ASCII": "ascii", "8859/1": "iso8859-1", "8859/2": "iso8859-2", "8859/3": "iso8859-3", "8859/4": "iso8859-4", "8859/5": "iso8859-5",
    "8859/6": "iso8859-6", "8859/7": "iso8859-7", "8859/8": "iso8859-8", "8859/9": "iso8859-9", "8859/15": "iso8859-15",
    "ISO IR6": "ascii", "ISO IR14": "shift_jis", "ISO IR87": "iso2022_jp", "ISO IR159": "iso2022_jp_1", "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr", "CNS 11643-1992": "euc_tw", "BIG-5": "big5", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16", "UNICODE UTF-32": "utf-32",
    # Not in the table, and sent all the same.
    "UTF-8": "utf-8", "UTF8": "utf-8", "ISO-8859-1": "iso8859-1", "8859-1": "iso8859-1", "ISO8859-1": "iso8859-1", "LATIN1": "iso8859-1",
    "US-ASCII": "ascii", "WINDOWS-1252": "cp1252", "CP1252": "cp1252", "ISO IR100": "iso8859-1", "ISO IR192": "utf-8",
}  # fmt: skip
"""What MSH-18 may say, to Python's name."""

DEFAULT = "utf-8"
_LENIENT = {"ascii": "utf-8"}  # who says ASCII and sends more, sends UTF-8; pure ASCII reads the same


def charset_of(declared: str) -> str | None:
    """Python's name of the character set that MSH-18 names first; None for one that nobody knows. Nothing declared is UTF-8."""
    named = declared.strip().upper()
    if not named:
        return DEFAULT
    found = CHARSETS.get(named)
    return None if found is None else _LENIENT.get(found, found)


def declared_charset(header: bytes) -> str:
    """What MSH-18 says first, read from the header's bytes, which are ASCII up to there whatever follows."""
    fields = header.split(header[3:4] or b"|", 18)
    return fields[17].decode("ascii", "replace").partition("~")[0] if len(fields) > 17 else ""
