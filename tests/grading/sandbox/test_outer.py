"""What stands behind the outer wall, and what does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.exchange.default import Exchange

from course.grading.sandbox import outer
from course.grading.sandbox.outer import behind_wall
from course.grading.sandbox.refusal import CannotIsolate


def shell(script, readable=(), hidden=(), **options):
    command = behind_wall(["/bin/sh", "-c", script], readable, hidden)
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, **options
    )
    return done.stdout.strip() or done.stderr.strip()


pytestmark = pytest.mark.usefixtures("isolation")


@pytest.fixture
def folder(tmp_path):
    tmp_path.chmod(0o755)
    for name in "open/shown", "open/secret", "open/secret/deep":
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "file").write_text("content")
    (tmp_path / "beside").write_text("content")
    return tmp_path


def test_a_readable_folder_can_be_read_and_not_written(folder):
    inside = folder / "open"
    assert shell(f"cat {inside}/shown/file", [inside]) == "content"
    (inside / "shown" / "file").chmod(0o666)
    inside.chmod(0o777)
    assert "Read-only" in shell(f"echo x >> {inside}/shown/file", [inside])
    assert "Read-only" in shell(f"echo x > {inside}/new", [inside])
    assert shell(f"ls {folder}", [inside]) == "open"


def test_a_hidden_folder_is_empty_and_a_hidden_file_unreadable(folder):
    inside = folder / "open"
    hidden = [inside / "secret", inside / "shown" / "file", folder / "absent"]
    assert shell(f"ls -a {inside}/secret", [inside], hidden).split() == [".", ".."]
    assert "content" not in shell(f"cat {inside}/shown/file", [inside], hidden)
    assert "cannot create" in shell(f"echo x > {inside}/secret/new", [inside], hidden)


def test_a_hidden_folder_is_hidden_by_every_road(folder):
    (folder / "road").symlink_to(folder / "open")
    readable, hidden = [folder / "road"], [folder / "open" / "secret"]
    assert shell(f"ls {folder}/road", readable, hidden).split() == ["secret", "shown"]
    assert shell(f"ls {folder}/road/secret", readable, hidden) == ""
    assert shell(f"ls {folder}/open/secret", readable, hidden) == ""


def test_the_longer_path_counts(folder):
    inside = folder / "open"
    readable, hidden = [inside, inside / "secret" / "deep"], [inside / "secret"]
    assert shell(f"find {inside}/secret -type f", readable, hidden) == f"{inside}/secret/deep/file"


def test_nbgraders_exchange_is_hidden_though_it_lies_among_the_systems_files(monkeypatch):
    assert any(Path(Exchange().root).is_relative_to(path) for path in outer.HIDDEN)
    stands_for_it = Path("/usr/share/doc")
    assert shell(f"ls {stands_for_it}") != ""
    monkeypatch.setattr(outer, "HIDDEN", (stands_for_it,))
    assert shell(f"ls {stands_for_it}") == ""


def test_what_hides_itself_is_hidden(folder):
    assert shell(f"ls {folder}/open", [folder / "open"], [folder / "open"]) == ""


def test_a_descriptor_reaches_the_command():
    hear, talk = os.pipe()
    with os.fdopen(hear) as heard:
        write = f"import os; os.write({talk}, b'hello')"
        command = behind_wall([sys.executable, "-I", "-c", write], [])
        subprocess.run(command, stdin=subprocess.DEVNULL, pass_fds=[talk], check=True)
        os.close(talk)
        assert heard.read() == "hello"


def test_no_other_descriptor_of_ours_reaches_the_command():
    hear, talk = os.pipe()
    assert shell("ls /proc/self/fd").split() == ["0", "1", "2", "3"]  # 3 is the folder itself
    os.close(hear)
    os.close(talk)


def test_the_environment_is_of_a_few_names(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "secret")
    names = {line.partition("=")[0] for line in shell("env").splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == set(outer.ENVIRONMENT)


def test_root_is_nobody_behind_the_wall():
    expected = str(outer.NOBODY if os.geteuid() == 0 else os.geteuid())
    assert shell("id -u").split() == [expected]
    assert "CapBnd:\t0000000000000000" in shell("cat /proc/self/status") or os.geteuid()
    assert "CapEff:\t0000000000000000" in shell("cat /proc/self/status")


def test_there_is_no_network():
    assert shell("tail -n +3 /proc/net/dev").split(":")[0].strip() == "lo"
    assert shell("cat /proc/net/route | tail -n +2") == ""


def test_nobody_elses_processes_are_there():
    numbers = shell("ls /proc | grep -x '[0-9]*' | wc -l")
    assert int(numbers) < 6


def test_the_wall_falls_with_the_process_that_built_it():
    command = behind_wall(["/bin/sh", "-c", "echo up; sleep 60"], [])
    start = f"import subprocess, os\nsubprocess.Popen({command!r}, stdin=-3)\nos.read(0, 1)"
    builder = subprocess.Popen(
        [sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert builder.stdout.readline() == b"up\n"
    builder.kill()
    assert builder.stdout.read() == b""  # the end comes when the last holder is gone
    builder.communicate()


def test_a_missing_program_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(outer.shutil, "which", lambda *args, **kwargs: None)
    with pytest.raises(CannotIsolate, match=r"bubblewrap is missing: .* apt install bubblewrap"):
        behind_wall(["true"], [])
