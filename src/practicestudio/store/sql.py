"""The named queries of `queries/*.sql`, one attribute a file: `sql.messages.claim_lanes(connection, …)`.

Names end as aiosql has it: `^` one row or None, `$` one value, `!` number of rows, nothing: all rows, which these functions return as a list.
"""

from pathlib import Path
from typing import Any

import aiosql

_FOLDER = Path(__file__).parent / "queries"


def _load(name: str) -> Any:
    return aiosql.from_path(_FOLDER / f"{name}.sql", "apsycopg", mandatory_parameters=True)


messages: Any = _load("messages")
log: Any = _load("log")
practices: Any = _load("practices")
audit: Any = _load("audit")
records: Any = _load("records")
limits: Any = _load("limits")
runs: Any = _load("runs")
keys: Any = _load("keys")
progress: Any = _load("progress")
connection_tests: Any = _load("connection_tests")
access: Any = _load("access")
reviews: Any = _load("reviews")
api: Any = _load("api")
limit_use: Any = _load("limit_use")
monitor: Any = _load("monitor")
alerts: Any = _load("alerts")
