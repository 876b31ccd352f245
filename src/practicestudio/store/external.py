"""A PostgreSQL of your own, given by URL: always encrypted and verified, unless it is on this machine."""

from ipaddress import ip_address

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from practicestudio.errors import Misconfigured


def external_conninfo(url: str) -> str:
    """The database URL as a libpq conninfo. A server that is not on this machine gets `sslmode=verify-full`, whatever the URL says; its certificate
    is checked against `sslrootcert`, else against the certificates that the machine trusts.

    Raises:
        Misconfigured: it is no such URL.
    """
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        raise Misconfigured("The database URL is not one.", advice="Give it as postgresql://user:password@host/database.") from None
    places = [place for name in ("host", "hostaddr") if parts.get(name) for place in parts[name].split(",")]
    # Without a host libpq takes the socket, which knows no TLS, or what PGHOST says, which may be anywhere.
    if not places or not all(map(_on_this_machine, places)):
        parts["sslmode"] = "verify-full"
        parts.setdefault("sslrootcert", "system")
    return make_conninfo(**parts)


def _on_this_machine(place: str) -> bool:
    if place == "localhost" or place.startswith(("/", "@")):
        return True
    try:
        return ip_address(place).is_loopback
    except ValueError:
        return False
