"""What pages are made with: our own style sheets and scripts and those of installed packages, read once, served compressed under a name that
changes with their content."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from practicestudio.errors import Misconfigured

FOLDER = Path(__file__).parent / "assets"
PACKAGES = FOLDER / "node_modules"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2"}

_FROM_PACKAGES = {
    "tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "echarts.js": "echarts/dist/echarts.min.js",
    "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served. address: path below the server's root, with the content's digest."""

    address: str
    content: bytes
    compressed: bytes
    media_type: str


@cache
def assets() -> Mapping[str, Asset]:
    """Every asset by its plain name (`app.css`). Raises Misconfigured where the packages are not installed."""
    if not PACKAGES.is_dir():
        raise Misconfigured("The pages' style sheets and scripts are not installed.", advice="Run `make setup`.")
    files = {name: PACKAGES / path for name, path in _FROM_PACKAGES.items()}
    files |= {one.name: one for one in sorted(FOLDER.iterdir()) if one.suffix in TYPES}
    return {name: _asset(name, path) for name, path in files.items()}


def _asset(name: str, path: Path) -> Asset:
    content = path.read_bytes()
    if path.suffix == ".css":
        content = _with_addresses(content)
    content = re.sub(rb"\n?(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?\s*$", b"", content)
    return Asset(f"/assets/{sha256(content).hexdigest()[:16]}/{name}", content, gzip.compress(content, 6, mtime=0), TYPES[path.suffix])


def _with_addresses(content: bytes) -> bytes:
    """A style sheet names a font by its plain name; it is served under the one with the digest."""
    font = PACKAGES / _FROM_PACKAGES["inter.woff2"]
    digest = sha256(font.read_bytes()).hexdigest()[:16]
    return content.replace(b"url(inter.woff2)", f"url(/assets/{digest}/inter.woff2)".encode())


def address(name: str) -> str:
    """Where an asset is served, for a template."""
    return assets()[name].address


async def serve_asset(request: Request) -> Response:
    """Answer with an asset, whichever digest was asked for: an older page may still name an older one."""
    found = assets().get(request.path_params["name"])
    if found is None:
        return Response(status_code=404)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.content, media_type=found.media_type, headers=headers)


@cache
def icon(name: str) -> str:
    """An icon of Tabler's set as an SVG element that follows the text's colour; it says nothing to a screen reader."""
    drawing = (PACKAGES / "@tabler" / "icons" / "icons" / "outline" / f"{name}.svg").read_text()
    inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", drawing, flags=re.DOTALL)
    return (
        '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"'
        f' stroke-linejoin="round" aria-hidden="true" focusable="false">{inner.strip()}</svg>'
    )
