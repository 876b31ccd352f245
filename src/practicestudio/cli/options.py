"""Options that several commands share."""

from typing import Annotated

import typer

PracticeId = Annotated[str, typer.Option("--practice", metavar="ID", help="The practice: its id at athenahealth, or ours.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who does this, for the audit trail; else the user of this machine.")]
