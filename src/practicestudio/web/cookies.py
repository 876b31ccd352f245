"""The cookies that pages set: the session, the device, the theme, a notice for the next page. Over TLS they carry the `__Host-` prefix."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from practicestudio.settings import Settings

THEMES = ("light", "dark", "auto")
NOTICE_SECONDS = 60
DEVICE_SECONDS = 180 * 24 * 3600
START_SECONDS = 3600
THEME_SECONDS = 365 * 24 * 3600


def is_secure(settings: Settings) -> bool:
    """Whether people reach the pages over TLS."""
    return settings.public_url.startswith("https://")


def session_token(connection: HTTPConnection, settings: Settings) -> str | None:
    """The session's token, if one came."""
    return connection.cookies.get(_name("session", settings))


def set_session(response: Response, token: str, settings: Settings) -> None:
    """Keep the session until the browser closes; the server ends it earlier."""
    _set(response, _name("session", settings), token, settings, None)


def drop_session(response: Response, settings: Settings) -> None:
    """Forget the session."""
    response.delete_cookie(_name("session", settings), path="/", secure=is_secure(settings), httponly=True, samesite="lax")


def device_token(connection: HTTPConnection, settings: Settings) -> str | None:
    """The token of a device from which somebody has signed in before."""
    return connection.cookies.get(_name("device", settings))


def set_device(response: Response, token: str, settings: Settings) -> None:
    """Know the device again."""
    _set(response, _name("device", settings), token, settings, DEVICE_SECONDS)


def start_token(connection: HTTPConnection, settings: Settings) -> str | None:
    """The token of a browser that is about to sign in: its forms carry one that is derived from it, and its challenges are kept under it."""
    return connection.cookies.get(_name("start", settings))


def set_start(response: Response, token: str, settings: Settings) -> None:
    """Know the browser until it is signed in."""
    _set(response, _name("start", settings), token, settings, START_SECONDS)


def drop_start(response: Response, settings: Settings) -> None:
    """It is signed in."""
    response.delete_cookie(_name("start", settings), path="/", secure=is_secure(settings), httponly=True, samesite="lax")


def theme_of(connection: HTTPConnection) -> str:
    """The colours that the person chose: light, dark, or as the machine has them."""
    wanted = connection.cookies.get("theme", "auto")
    return wanted if wanted in THEMES else "auto"


def set_theme(response: Response, theme: str, settings: Settings) -> None:
    """Remember the colours."""
    _set(response, "theme", theme, settings, THEME_SECONDS)


def set_notice(response: Response, words: str, settings: Settings) -> None:
    """Say something on the next page. No patient data."""
    _set(response, "notice", words.encode().hex(), settings, NOTICE_SECONDS)


def notice_of(connection: HTTPConnection) -> str:
    """What the page before wants said."""
    try:
        return bytes.fromhex(connection.cookies.get("notice", "")).decode()[:300]
    except ValueError:
        return ""


def drop_notice(response: Response) -> None:
    """It was said."""
    response.delete_cookie("notice", path="/")


def _name(plain: str, settings: Settings) -> str:
    return f"__Host-{plain}" if is_secure(settings) else plain


def _set(response: Response, name: str, value: str, settings: Settings, seconds: int | None) -> None:
    response.set_cookie(name, value, max_age=seconds, path="/", secure=is_secure(settings), httponly=True, samesite="lax")
