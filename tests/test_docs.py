"""What the pages promise: commands that exist, links that lead somewhere, code that parses."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
import yaml

from course.cli import app

ROOT = Path(__file__).parents[1]
NAMED = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
PAGES = [
    *(ROOT / name for name in NAMED if (ROOT / name).exists()),
    *sorted((ROOT / "docs").glob("*.md")),
]
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"^ {4}(?=\S)(.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
OURS = re.compile(r"(?:^|(?<=[\s'\"]))(?:\S*/)?course (?=[a-z])(.*)", re.MULTILINE)
END_OF_COMMAND = re.compile(r" #|[;|>]|&&")
IN_A_SHELL = {"", "bash", "yaml"}


def blocks(text: str, *languages: str) -> list[str]:
    """The fenced blocks that are marked as one of these languages."""
    return [code for language, code in FENCED.findall(text) if language in languages]


def our_commands(text: str) -> list[list[str]]:
    """What follows `course` wherever a page shows such a command line, split into words.

    >>> our_commands("Type `course grade --preview` first.")
    [['grade', '--preview']]
    """
    prose = FENCED.sub("", text)
    code = blocks(text, *IN_A_SHELL) + INDENTED.findall(prose)
    code += [" ".join(span.split()) for span in INLINE.findall(INDENTED.sub("", prose))]
    lines = [line for part in code for line in OURS.findall(part.replace("\\\n", " "))]
    return [END_OF_COMMAND.split(line)[0].replace("'", " ").split() for line in lines]


def what_is_wrong(words: list[str]) -> str | None:
    """Say which word is no command or option of ours, None if all of them are."""
    command, told = typer.main.get_command(app), list(words)
    while subcommands := getattr(command, "commands", None):
        name = told.pop(0) if told else ""
        if name not in subcommands:
            return f"`course {shlex.join(words)}`: there is no command {name!r}"
        command = subcommands[name]
    options = {"--help", *(name for each in command.params for name in each.opts)}
    for word in told:
        if word.startswith("-") and word.partition("=")[0] not in options:
            return f"`course {shlex.join(words)}`: there is no option {word}"
    return None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("grade --lesson 01_one_channel -s ana", None),
        ("shard run /shards 3 --workers=2", None),
        ("garde", "no command 'garde'"),
        ("shard", "no command ''"),
        ("shard mix /shards", "no command 'mix'"),
        ("grade --shedule tls://head:8786", "no option --shedule"),
    ],
)
def test_a_command_that_does_not_exist_is_found(line, said):
    found = what_is_wrong(line.split())
    assert found is None if said is None else said in (found or "")


def test_commands_are_found_wherever_they_stand():
    text = """Run `.venv/bin/course table` or
`course
isolation`, not `course COMMAND`; the course grade is prose.

    course grade --force   # all

```bash
umask 077; /shared/bin/course shard run "$1" 3 \\
    --workers 2 | tee log
```
```python
course grade
```
"""
    assert sorted(our_commands(text)) == [
        ["grade", "--force"],
        ["isolation"],
        ["shard", "run", '"$1"', "3", "--workers", "2"],
        ["table"],
    ]


@PAGE
def test_every_command_line_names_commands_and_options_that_exist(page):
    wrong = [said for words in our_commands(page.read_text()) if (said := what_is_wrong(words))]
    assert wrong == []


def test_pages_name_commands_at_all():
    assert sum(len(our_commands(page.read_text())) for page in PAGES) > 20


@PAGE
def test_every_relative_link_leads_to_a_file(page):
    links = LINK.findall(FENCED.sub("", page.read_text()))
    here = [link.partition("#")[0] for link in links if not re.match(r"#|\w+:", link)]
    assert [link for link in here if not (page.parent / link).exists()] == []


@PAGE
def test_yaml_and_python_in_it_can_be_read(page):
    for code in blocks(page.read_text(), "yaml"):
        assert list(yaml.safe_load_all(code))
    for code in blocks(page.read_text(), "python"):
        compile(code, page.name, "exec")


@PAGE
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_in_it_can_be_read(page):
    for code in blocks(page.read_text(), "bash"):
        done = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
