"""The report says what is there, what is missing, and how to get it."""

import os

import pytest

from course.grading.sandbox import report
from course.grading.sandbox.refusal import CannotIsolate
from course.grading.sandbox.report import LAYERS, Report, probe

COMPULSORY = [layer.name for layer in LAYERS if layer.compulsory]


def missing(*names):
    return Report(dict.fromkeys(names, "the kernel\nsaid no."))


def test_where_nothing_is_missing_nothing_is_refused():
    assert Report({}).refusal() is None
    assert all(": present, so " in line for line in Report({}).lines())


@pytest.mark.parametrize("name", COMPULSORY)
def test_a_missing_layer_is_named_with_its_remedy_and_the_flag(name):
    sentence = missing(name).refusal()
    remedy = next(layer.remedy for layer in LAYERS if layer.name == name)
    assert name in sentence
    assert "(the kernel said no)" in sentence
    assert remedy in sentence
    assert "--trust-students" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", [layer.name for layer in LAYERS])
def test_every_layer_has_a_line_that_says_whether_it_is_there(name):
    lines = missing(name).lines()
    assert len(lines) == len(LAYERS)
    assert [line.startswith(f"{name}: ") and "the kernel said no" in line for line in lines].count(
        True
    ) == 1
    assert sum(": present" in line for line in lines) == len(LAYERS) - 1


def test_landlock_is_told_but_not_needed():
    assert [layer.name for layer in LAYERS if layer.name != "Landlock"] == COMPULSORY
    assert missing("Landlock").refusal() is None
    assert missing("Landlock").missing == []


def test_elsewhere_than_on_linux_it_says_where_to_grade(monkeypatch):
    monkeypatch.setattr(report.platform, "system", lambda: "Darwin")
    found = probe()
    assert "Linux container or virtual machine" in found.lines()[0]
    assert "Linux container or virtual machine" in found.refusal()
    assert "--trust-students" in found.refusal()


def test_without_bubblewrap_the_rest_is_told_all_the_same(monkeypatch):
    def no_wall(*args):
        raise CannotIsolate("bubblewrap is missing: install it (Debian: apt install bubblewrap).")

    monkeypatch.setattr(report, "behind_wall", no_wall)
    found = probe()
    assert found.missing[0].name == "outer wall"
    assert "apt install bubblewrap" in found.refusal()


def test_a_wall_that_cannot_be_built_is_told_in_its_own_words(monkeypatch):
    monkeypatch.setattr(
        report,
        "behind_wall",
        lambda *args: ["sh", "-c", "echo 'bwrap: No permissions' >&2; exit 1"],
    )
    refusal = probe().refusal()
    assert "(bwrap: No permissions)" in refusal
    assert "apt install" not in refusal  # it is there, and must be let
    assert "allow user namespaces" in refusal


def test_without_pyseccomp_the_remedy_is_told(monkeypatch):
    def no_seccomp():
        raise CannotIsolate("pyseccomp is missing: pip install pyseccomp.")

    monkeypatch.setattr(report, "compile_seccomp", no_seccomp)
    assert "pip install pyseccomp" in probe().refusal()


def test_refused_namespaces_are_found_by_trying(monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("only root can build a wall in which namespaces are refused")
    wall = report.behind_wall

    def wall_without_namespaces(*args):
        # The kernel lets a namespace forbid further ones: here, those made by nobody.
        command = wall(*args)
        end = command.index("--")
        own = ["--unshare-user", "--disable-userns"]
        inside = [part for part in command[end + 1 :] if not part.startswith("--")]
        return [*command[:end], *own, "--", *inside[1:]]

    monkeypatch.setattr(report, "behind_wall", wall_without_namespaces)
    found = probe()
    assert [layer.name for layer in found.missing][:2] == ["user namespaces", "process tree"]
    assert "--trust-students" in found.refusal()
