"""Style sheets and scripts."""

import gzip
import re

import httpx2

from practicestudio.web import static


async def test_assets_are_served_compressed_and_kept_for_ever(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get(static.address("app.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(static.assets()["app.css"].compressed) == answer.content


async def test_the_fonts_address_in_the_style_sheet_is_served(stranger: httpx2.AsyncClient) -> None:
    found = re.search(r"url\((/assets/[^)]*\.woff2)\)", static.assets()["app.css"].content.decode())
    assert found
    assert (await stranger.get(found[1])).headers["content-type"] == "font/woff2"


async def test_what_is_not_an_asset_is_not_found(stranger: httpx2.AsyncClient) -> None:
    for name in ("package.json", "..%2fapp.py", "node_modules"):
        assert (await stranger.get(f"/assets/x/{name}")).status_code == 404


def test_no_asset_names_another_host() -> None:
    ours = [one.name for one in static.FOLDER.iterdir() if one.suffix in static.TYPES]
    assert "app.js" in ours
    for name in ours:
        assert not re.search(rb"https?://(?!www\.w3\.org)", static.assets()[name].content)
