"""Changes name the version that they are a change of, so that nobody's change is overwritten unseen (RFC 9110 §13.1.1, RFC 6585 §3)."""

import re
from typing import Annotated

from fastapi import Depends, Header

from practicestudio.web.api.answers import etag
from practicestudio.web.api.faults import Malformed, Stale, VersionNeeded

LONGEST = 200
_TAGS = re.compile(r'\s*(W/)?"[\x21\x23-\x7e]*"\s*(,\s*(W/)?"[\x21\x23-\x7e]*"\s*)*')
_STRONG = re.compile(r'(?<!W/)"([\x21\x23-\x7e]*)"')


def versions_of(
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag that the record was read with.")] = None,
) -> frozenset[str]:
    """The versions that a change may be a change of. `*` is none, for it would overwrite what nobody has seen.

    Raises VersionNeeded without the header, Malformed where it holds no entity tags.
    """
    if if_match is None:
        raise VersionNeeded("This changes a record, so it needs If-Match.")
    if len(if_match) > LONGEST or not _TAGS.fullmatch(if_match):
        raise Malformed("If-Match holds no ETag.", advice='Send the ETag as it came, such as "3" with its quotes.')
    return frozenset(f'"{tag}"' for tag in _STRONG.findall(if_match))


Versions = Annotated[frozenset[str], Depends(versions_of)]


def check_version(current: int, expected: frozenset[str]) -> None:
    """Raise Stale, with the current version, where the change was made to another one."""
    if etag(current) not in expected:
        raise Stale("The record was changed since it was read.", headers={"ETag": etag(current)})
