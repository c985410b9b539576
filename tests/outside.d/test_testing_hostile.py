"""The step `testing` on code that would harm: it ends, names the culprit, reports all others, and nothing else is touched."""

import os
import textwrap

import pytest

from under_test import Outcome, project_of, written

# One file with tests that end well on both sides of one that doesn't.
AROUND = """
import os, pathlib, shutil, socket, sys, time

def test_before():
    pass

def test_culprit(tmp_path):
{body}

def test_failing():
    assert 1 == 2

def test_after():
    pass
"""

OTHERS = {"test_before": "passed", "test_failing": "failed", "test_after": "passed"}

# What each does, how it ends, and words of what is said about it.
DEEDS = {
    "loops": ("while True: pass", "ended", "loops for ever"),
    "loops in C": ("sum(iter(int, 1))", "ended", "loops for ever"),
    "waits": ("time.sleep(10**6)", "ended", "waits for ever"),
    "fills the memory": ("kept = []\nwhile True: kept.append(bytearray(10**6))", "failed", "MemoryError"),
    "wants all at once": ("bytearray(2**30)", "failed", "MemoryError"),
    "recurses": ("def again(n): return again(n + 1)\nagain(0)", "failed", "RecursionError"),
    "recurses in C": ("class A:\n    def __getattr__(self, name): return getattr(self, name + 'x')\nA().x", "failed", "RecursionError"),
    "calls sys.exit": ("sys.exit(3)", "failed", "SystemExit"),
    "calls os._exit": ("os._exit(3)", "ended", "ended the whole process"),
    "aborts": ("os.abort()", "ended", ""),
    "deletes the files": ("for path in pathlib.Path('.').iterdir(): shutil.rmtree(path) if path.is_dir() else path.unlink()", "passed", ""),
    "opens /etc/passwd": ("open('/etc/passwd')", "failed", "FileNotFoundError"),
    "walks out": ("open('../' * 20 + 'etc/passwd')", "failed", "PermissionError"),
    "walks out to write": ("open('../secret', 'w').write('x')", "failed", "Error"),
    "links out": ("os.symlink('/etc/passwd', tmp_path / 'l')\nopen(tmp_path / 'l')", "failed", "PermissionError"),
    "links out by ..": ("os.symlink('../' * 20 + 'etc/passwd', 'l')\nopen('l')", "failed", "PermissionError"),
    "reads the environment": ("assert 'SECRET' not in str(dict(os.environ))", "passed", ""),
    "opens a socket": ("socket.create_connection(('127.0.0.1', 80))", "unsupported", "network"),
    "forks": ("while True: os.fork()", "unsupported", "os.fork"),
    "fills the disk": ("with open('large', 'wb') as file:\n    while True: file.write(bytes(10**6))", "ended", "limits.file_bytes"),
    "makes files": ("for n in range(10**9): open(f'f{n}', 'w').close()", "ended", "limits.files"),
    "asks a model": ("import wit_world.imports.chat", "failed", "ModuleNotFoundError"),
    "floods the output": ("while True: print('x' * 10**6)", "ended", "loops for ever"),
}

LIMITS = """
[steps.limits]
cpu = "3s"
wall = "60s"
memory = "128 MiB"
files = 200
file_bytes = "16 MiB"
"""


# A machine that is busy with other things must not take what loops for what waits, so only who waits is given up so soon.
IMPATIENT = LIMITS.replace('wall = "60s"', 'wall = "6s"')


class Guarded:
    """A project with secrets around it, which are looked at afterwards."""

    def __init__(self, folder, files, more=LIMITS):
        self.project = project_of(folder / "guarded", written(folder / "source", files), more)
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.project.variables |= {"SECRET": "the secret of the environment", "TMPDIR": str(self.scratch)}
        written(self.project.folder, {"secret": "the secret beside the workspace"})
        self.before = self.everything()

    def everything(self):
        """Every file of the project but those of its store, and what is around it."""
        root = self.project.folder.parent
        paths = sorted(path for path in root.rglob("*") if ".stepwell" not in path.parts)
        return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in paths}

    def outcome(self) -> Outcome:
        self.project.run("run", "workflow.toml")
        ours = Outcome(self.project)
        assert self.everything() == self.before, "nothing but the copy was touched"
        assert os.listdir(self.scratch) == [], "the copy is gone"
        assert "the secret" not in ours.report + str(ours.results)
        assert "root:" not in ours.report
        return ours


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.replace(" ", "-").replace("/", "."))
def test_a_harmful_test_is_named_and_the_others_are_reported(deed, tmp_path):
    body, outcome, words = DEEDS[deed]
    limits = IMPATIENT if deed == "waits" else LIMITS
    guarded = Guarded(tmp_path, {"test_it.py": AROUND.format(body=textwrap.indent(body, "    "))}, limits)
    ours = guarded.outcome()
    found = {id.partition("::")[2]: outcome for id, outcome in ours.outcomes.items()}
    assert found == OTHERS | {"test_culprit": outcome}, ours.report
    culprit = ours.by_id["test_it.py::test_culprit"]
    assert words in culprit.get("message", "") + str(culprit.get("needs", "")), culprit
    assert ours.verdict == "failed"


def test_files_that_harm_while_they_are_loaded(tmp_path):
    guarded = Guarded(
        tmp_path,
        {
            "test_a.py": "def test_a(): pass\n",
            "test_b.py": "while True: pass\n",
            "test_c.py": "import os\nos._exit(0)\n",
            "test_d.py": "import sys\nsys.exit(1)\n",
            "test_e.py": "def test_e(): pass\n",
            "below/conftest.py": "while True: pass\n",
            "below/test_f.py": "def test_f(): pass\n",
        },
    )
    ours = guarded.outcome()
    expected = {
        "test_a.py::test_a": "passed",
        "test_b.py": "ended",
        "test_c.py": "ended",
        "test_d.py": "error",
        "test_e.py::test_e": "passed",
        "below/conftest.py": "ended",
    }
    assert ours.outcomes == expected, ours.report
    assert "sys.exit(1)" in ours.by_id["test_d.py"]["message"]
    assert ours.verdict == "error"


def test_a_conftest_that_ends_everything_is_named(tmp_path):
    files = {"conftest.py": "while True: pass\n", "test_a.py": "def test_a(): pass\n"}
    ours = Guarded(tmp_path, files).outcome()
    assert ours.outcomes == {"conftest.py": "ended"} and ours.verdict == "error"


def test_harm_after_the_last_test(tmp_path):
    conftest = "import os\n\n\ndef pytest_unconfigure(config):\n    os._exit(1)\n"
    ours = Guarded(tmp_path, {"conftest.py": conftest, "test_a.py": "def test_a(): pass\n"}).outcome()
    assert ours.outcomes == {"pytest, ending": "ended", "test_a.py::test_a": "passed"}
    assert ours.verdict == "error"


def test_harm_in_a_teardown(tmp_path):
    text = "import os, pytest\n\n\n@pytest.fixture\ndef bad():\n    yield\n    os._exit(1)\n\n\n"
    text += "def test_a(bad): pass\n\n\ndef test_b(): pass\n"
    ours = Guarded(tmp_path, {"test_a.py": text}).outcome()
    assert ours.outcomes == {"test_a.py::test_a": "ended", "test_a.py::test_b": "passed"}


def test_more_harm_than_attempts(tmp_path):
    text = "import os\n" + "".join(f"def test_{n}(): os._exit(1)\n\n" for n in range(6)) + "def test_last(): pass\n"
    ours = Guarded(tmp_path, {"test_a.py": text}, "limits.attempts = 4").outcome()
    assert list(ours.outcomes.values()) == ["ended"] * 3 + ["not-run"] * 4, ours.report
    assert "too many of the tests before it ended the instance" in ours.report
    assert ours.verdict == "failed"
