"""What commands print: results to standard output, as a table or as one JSON document; everything else to standard error."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Row = Mapping[str, Any]
_WIDE = 160  # columns of what is read by a program or kept in a file


def console(*, stderr: bool = False) -> "Console":
    """Where to print. A pipe has no width of its own, so it gets one that cuts nothing."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _WIDE, highlight=False, markup=False)


def say(sentence: str) -> None:
    """One line for the person, on standard error."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def show_json(document: Any) -> None:
    """One JSON document on standard output; times are ISO 8601."""
    import orjson

    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def show_list(rows: Sequence[Row], columns: Mapping[str, str], *, as_json: bool, empty: str = "There is nothing to show.") -> None:
    """Rows as a table of these columns (key to heading), or all of them as JSON."""
    if as_json:
        show_json(rows)
    elif rows:
        console().print(table_of(rows, columns))
    else:
        say(empty)


def table_of(rows: Sequence[Row], columns: Mapping[str, str], *, title: str | None = None) -> "Table":
    """A table of these columns (key to heading)."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for key, heading in columns.items():
        numbers = all(isinstance(row.get(key), int | float) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(words(row.get(key))) for key in columns))
    return table


def show_fields(fields: Row, *, as_json: bool) -> None:
    """One thing, a line for each of its fields."""
    if as_json:
        show_json(fields)
        return
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        sys.stdout.write(f"{name.replace('_', ' '):<{width}}  {words(value)}\n")


def words(value: Any) -> str:
    """A value as a person reads it; times in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, tuple | list):
        return ", ".join(words(one) for one in value)
    return str(value)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, shown as soon as there is something to do; what it gives is told how many are done, and of how many."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=total > 0)
