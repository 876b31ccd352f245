"""The docs name what there is: every command and option, every setting, every folder; and every page is on the index."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from practicestudio.cli.main import app
from practicestudio.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "practicestudio"
RUNNING = ("demo", "serve", "sandbox")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


def shown_commands() -> list[tuple[tuple[str, ...], Any]]:
    group: Any = typer.main.get_command(app)
    found = []
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            found += [((name, inner), command) for inner, command in one.commands.items()]
        elif not one.hidden:
            found.append(((name,), one))
    return found


def section(path: tuple[str, ...]) -> str:
    """The part of the page that is about a command's group."""
    heading = "Running" if path[0] in RUNNING else path[0]
    return page("cli").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("path", "command"), shown_commands(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_every_command_and_option_is_in_its_section(path: tuple[str, ...], command: Any) -> None:
    text = section(path)
    assert f"`{' '.join(path)}" in text
    options = [name for param in command.params if not getattr(param, "hidden", False) for name in param.opts if name.startswith("--")]
    missing = [name for name in options if not re.search(rf"`[^`]*{name}\b(?!-)", text)]
    assert not missing


def test_every_global_option_is_named() -> None:
    group: Any = typer.main.get_command(app)
    for param in group.params:
        assert all(f"`{name}" in page("cli") for name in param.opts)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_with_its_default_and_meaning(name: str) -> None:
    line = next(line for line in page("settings").splitlines() if f"`PRACTICESTUDIO_{name.upper()}`" in line)
    field = Settings.model_fields[name]
    assert field.description
    assert field.description in line
    if field.default is not None and field.default_factory is None:
        assert f"`{field.default}`" in line


@pytest.mark.parametrize("folder", sorted(one.parent.name for one in SOURCE.glob("*/__init__.py")))
def test_every_folder_has_a_page(folder: str) -> None:
    assert (DOCS / f"{folder}.md").is_file()


@pytest.mark.parametrize("name", sorted(one.name for one in DOCS.glob("*.md")))
def test_every_page_is_on_the_index(name: str) -> None:
    assert name == "index.md" or f"({name})" in page("index")


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda path: path.name)
def test_every_link_leads_to_a_page(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_every_chapter_of_the_standard_is_held_by_tests_that_exist() -> None:
    rows = re.findall(r"^\| (V\d+) [^|]*\|[^|]*\|([^|]*)\|$", page("security"), re.MULTILINE)
    assert [chapter for chapter, _ in rows] == [f"V{number}" for number in range(1, 18)]
    named = {chapter: re.findall(r"`(tests/[\w/.]+)`", tests) for chapter, tests in rows}
    assert [chapter for chapter, tests in named.items() if not tests] == ["V17"]
    assert [path for tests in named.values() for path in tests if not (ROOT / path).is_file()] == []
