"""What a connection to athenahealth is made of, and whether it is made right."""

from dataclasses import dataclass, field

from practicestudio.errors import Misconfigured
from practicestudio.mapping import Dialect
from practicestudio.practices.connection import PRODUCTION, ApiVersion, AuthMethod, Limits, check_address
from practicestudio.practices.shared_credential import limits_name, token_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: for a connection to stand, for each piece to be sent or to come, for a free connection, and for an answer as a whole."""

    connect: float = 10
    read: float = 60
    write: float = 30
    pool: float = 60
    whole: float = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """One practice's connection. Secrets do not show in its repr.

    practice_id: athenahealth's. private_key: PEM or JWK, RSA (signs RS256) or EC P-384 (ES384), with the key_id that athenahealth knows it by.
    refresh_early: seconds before its end that a token is renewed. patience: seconds that a call waits for its turn before it gives up.
    answer_bytes: the largest answer that is read.
    """

    practice_id: str
    client_id: str
    base_url: str = PRODUCTION
    dialect: Dialect = "platform"
    api_version: ApiVersion = "standard_v1"
    auth_method: AuthMethod = "basic"
    secret: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    key_id: str = ""
    scopes: tuple[str, ...] = ("athena/service/Athenanet.MDP.*",)
    refresh_early: float = 300
    patience: float = 60
    answer_bytes: int = 64 * 1024 * 1024
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def credential(self) -> str:
        """The name under which processes share this credential's limits: athenahealth counts per client id and host."""
        return limits_name(self.client_id, self.base_url)

    @property
    def token_name(self) -> str:
        """The name under which processes share its token: another set of scopes is another token."""
        return token_name(self.client_id, self.base_url, self.scopes)

    @property
    def token_url(self) -> str:
        return f"{self.base_url.rstrip('/')}/oauth2/v1/token"

    @property
    def practice_url(self) -> str:
        return f"{self.base_url.rstrip('/')}/v1/{self.practice_id}"


def check_connection(settings: ConnectionSettings) -> None:
    """Raise Misconfigured, naming the setting, where a connection cannot work or would not be safe."""
    check_address(settings.base_url)
    if not (settings.practice_id.isascii() and settings.practice_id.isdigit()):
        raise Misconfigured("The practice id of athenahealth is a number.", advice="Enter it without spaces or letters, such as 195900.")
    if not settings.client_id:
        raise Misconfigured("The connection has no client id.", advice="Enter the client id that athenahealth's developer portal shows.")
    if settings.auth_method == "private_key_jwt":
        if not (settings.private_key and settings.key_id):
            raise Misconfigured("Signing in by private key needs the key and its key id.", advice="Enter both.")
    elif not settings.secret:
        raise Misconfigured("The connection has no client secret.", advice="Enter the secret that belongs to the client id.")
    if not settings.scopes:
        raise Misconfigured("The connection names no scope.", advice="athenahealth's own is athena/service/Athenanet.MDP.*.")
