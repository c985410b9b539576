"""The step `testing` on packages from PyPI: the outcomes that the native pytest gives, but for what it names as not possible."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from packages import PACKAGES
from program import PATIENCE
from under_test import OPTIONS_OF_NATIVE, Outcome, outcomes_of, project_of, recorder_in

# What the verdict is where pytest's own exit code is this one.
VERDICTS = {0: {"passed", "partial"}, 1: {"failed"}}

LENT = 'grants.read = [{ path = "site-packages", at = "/packages" }]'


def test_there_are_twelve_of_them():
    assert len(PACKAGES) >= 12


def natively(package, folder) -> tuple[int, dict[str, str]]:
    """The outcomes of the native pytest, with what the package needs on its path, and its options without those of plugins."""
    work = folder / "workspace"
    shutil.copytree(package.source(), work)
    plugins, recorded = recorder_in(folder)
    path = [plugins, work / "src", work, *filter(None, [package.packages()])]
    command = [sys.executable, "-m", "pytest", *OPTIONS_OF_NATIVE, "-o", f"addopts={package.options}"]
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "RECORDED": str(recorded),
    }
    ended = subprocess.run(command, cwd=work, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    return ended.returncode, outcomes_of(recorded)


def in_the_sandbox(package, folder, include=True) -> Outcome:
    # Room for a package with all its data, and time for its slowest tests.
    lines = [f'limits = {{ files = 3000, cpu = "{package.cpu}", wall = "10m" }}']
    if include and package.include:
        lines.append(f"grants.include = {json.dumps(package.include)}")
    if package.needs:
        lines.append(LENT)
    project = project_of(folder, package.source(), "\n".join(lines))
    if package.needs:
        shutil.copytree(package.packages(), project.folder / "site-packages")
    project.run("run", "workflow.toml")
    return Outcome(project)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_its_tests_end_as_they_do_natively(package, tmp_path):
    ours = in_the_sandbox(package, tmp_path / "ours")
    code, native = natively(package, tmp_path / "native")
    assert len(native) > 20, native

    def is_explained(id):
        here, there = ours.outcomes.get(id), native.get(id)
        return (
            here == there
            # It is named as not possible, with what it needs.
            or bool(ours.by_id.get(id, {}).get("needs"))
            # It skips itself where something isn't there.
            or (here == "skipped" and any(part in id for part in package.skips))
            # An older Python has others, and skips what needs a newer one.
            or (here is None and any(part in id for part in package.older))
            or (here == "passed" and there == "skipped")
        )

    differ = {id: (ours.outcomes.get(id), native.get(id)) for id in {*ours.outcomes, *native} if not is_explained(id)}
    assert not differ, f"{differ}\n\n{ours.report}"
    assert ours.verdict in VERDICTS[code], ours.report


@pytest.mark.parametrize("package", [it for it in PACKAGES if it.include], ids=lambda package: package.name)
def test_what_git_ignores_of_it_is_named(package, tmp_path):
    """Without the line that includes it, the report says which one it is, unless the package gets by without it."""
    ours = in_the_sandbox(package, tmp_path, include=False)
    assert ours.verdict == "passed" or f'grants.include = ["{package.include[0]}"]' in ours.report, ours.report


def test_some_of_them_do_not_get_by_without_what_git_ignores(tmp_path):
    of_humanize = next(package for package in PACKAGES if package.name == "humanize")
    assert in_the_sandbox(of_humanize, tmp_path, include=False).verdict == "blocked"


def test_options_of_plugins_do_not_keep_one_from_running(tmp_path):
    of_semver = next(package for package in PACKAGES if package.name == "semver")
    ours = in_the_sandbox(of_semver, tmp_path)
    assert any("--cov" in option for option in ours.results["configuration"]["left_out"])
    assert ours.results["counts"]["passed"] > 500
