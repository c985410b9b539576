"""Agreed before and verified after: the requirement is kept in the repository, gates ask a person, and what comes of it is a branch.

The demonstration is changed so, and the workflow that ships is carried out whole.
"""

import json
import subprocess
import sys

import pytest

from program import PATIENCE, Project
from rules import STAYS
from tasks import REPOSITORIES, commit, git
from test_rounds import project as demonstration
from worked import Worked, run

RUN = ("run", "automated_coding.toml", "--input", "feature=@feature.md", "--replay", "automated_coding.cassette")
RESUME = ("resume", "--replay", "automated_coding.cassette")
KEPT = "docs/requirement.md"
# The steps whose outcomes wrote files, in the order of their outcomes.
STEPS = [
    "requirement/refine",
    "build/implementation/code[0]",
    "build/implementation/code[1]",
    "build/implementation/code[2]",
    "build/test_generation",
    "build~2/implementation/code[0]",
]
DESIGN = "# High-level design"
AGREE = '[[steps]]\nid = "agree"\nuses = "builtin:gate"\ninputs.document = "{{ steps.requirement.requirement }}"\ngrants.workspace = "read"\n\n'
TAKE = '\n[[steps]]\nid = "take"\nuses = "builtin:gate"\ninputs.after = "{{ steps.build.testing.report }}"\ngrants.workspace = "read"\n'


def definition(text: str) -> str:
    """The workflow that ships, with two gates, a requirement that is kept, and a branch."""
    for old, new in {
        "\n[inputs]": '\npublish = "branch"\n\n[inputs]',
        'feature it changes", default': f'feature it changes", file = "{KEPT}", default',
        'uses = "builtin:refine"\n': f'uses = "builtin:refine"\nkeep.requirement = "{KEPT}"\n',
        DESIGN: AGREE + DESIGN,
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    before, after = text.split(DESIGN)
    return before + DESIGN + after.replace("steps.requirement.requirement", "steps.agree.document") + TAKE


@pytest.fixture
def agreed(tmp_path) -> Project:
    """The run as it waits at its first gate."""
    made = demonstration(tmp_path)
    path = made.folder / "automated_coding.toml"
    path.write_text(definition(path.read_text(encoding="utf-8")), encoding="utf-8")
    (made.folder / ".gitignore").write_text(".stepwell/\n", encoding="utf-8")
    (made.folder / "stepwell.toml").touch()
    commit(made.folder)
    git(made.folder, "config", "user.name", "Ada")
    git(made.folder, "config", "user.email", "ada@example.org")
    made.run(*RUN, code=3)
    return made


def branch(project: Project) -> str:
    return git(project.folder, "branch", "--list", "stepwell/*", "--format", "%(refname:short)").strip()


def asked(project: Project) -> str:
    [waits] = project.json("status", "last")["questions"]
    return waits["form"]["about"]


def untouched(project: Project) -> bool:
    return project.files() == project.given and not git(project.folder, "status", "--porcelain")


def test_two_yeses_make_a_branch_that_works(agreed, tmp_path):
    requirement = agreed.documents()["requirement/refine", "requirement"]
    assert requirement.strip() in asked(agreed), "the gate shows what is to be agreed to"
    assert f"+++ {KEPT}" in asked(agreed), "and what would be kept of it"
    assert not branch(agreed) and untouched(agreed)

    agreed.run(*RESUME, "--answer", "agree/decision=yes", code=3)
    for path in (KEPT, "expenses/report.py", "tests/test_report.py"):
        assert f"+++ {path}" in asked(agreed), path
    assert not branch(agreed) and untouched(agreed)

    agreed.run(*RESUME, "--answer", "take/decision=yes", "--answer", "take/note=good")
    made = branch(agreed)
    assert untouched(agreed), "the working tree and its index stay as they are"
    log = git(agreed.folder, "log", "--reverse", "--format=%(trailers:key=Stepwell-Step,valueonly,separator=%x2C)", f"HEAD..{made}")
    assert log.splitlines() == STEPS
    git(agreed.folder, "fsck", "--strict")

    # What is on the branch is what was agreed to, and its tests pass.
    tree = tmp_path / "tree"
    git(agreed.folder, "worktree", "add", "--quiet", str(tree), made)
    assert (tree / "workspace" / KEPT).read_text(encoding="utf-8") == requirement
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tree / "workspace",
        env={"PATH": agreed.variables["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr

    # The next run of the workflow goes on from what was kept.
    git(agreed.folder, "merge", "--quiet", made)
    agreed.run(*RUN, code=3)
    first = agreed.call(next(iter(agreed.calls().values())))
    assert requirement.strip() in first["prompt"]
    [refined] = agreed.json("status", "last")["steps"][1]["steps"][0]["executions"]
    [kept] = refined["kept"]
    assert kept["path"] == KEPT and not kept["added"] and not kept["removed"], kept


def test_a_no_ends_the_run_as_declined_and_leaves_nothing(agreed):
    agreed.run(*RESUME, "--answer", "agree/decision=yes", code=3)
    ended = agreed.run(*RESUME, "--answer", "take/decision=no", "--answer", "take/note=not now", code=1)
    assert "declined" in ended.stderr and "not now" in ended.stderr
    calls = len(agreed.calls())
    assert not branch(agreed) and untouched(agreed)
    # Who resumes is told the same, and pays for nothing.
    agreed.run(*RESUME, code=1)
    assert len(agreed.calls()) == calls and untouched(agreed)


def test_what_a_person_corrected_is_what_the_design_is_asked_with(agreed):
    requirement = agreed.documents()["requirement/refine", "requirement"]
    corrected = requirement.rstrip() + "\n\nAmounts are never rounded.\n"
    (agreed.folder / "corrected.md").write_text(corrected, encoding="utf-8")
    agreed.run(*RESUME, "--answer", "agree/decision=yes", "--answer", "agree/correction=@corrected.md", code=3)
    assert "+Amounts are never rounded." in agreed.documents()["agree", "correction"]
    asked_with = {place.step: agreed.call(call)["prompt"] for place, call in agreed.calls().items()}
    assert "Amounts are never rounded." in asked_with["architecture_design"]
    answers = agreed.json("status", "last")
    assert "never rounded" in str(answers), "the answer stands in the run"


def test_a_requirement_without_a_test_is_found_and_gets_one(tmp_path):
    """`agreed_coding` as it ships, with the tests that ran in the sandbox."""
    added = ["docs/requirement.md", "tests/test_pints.py", f"tests/test_{STAYS}_pints.py"]
    with Worked(tmp_path, REPOSITORIES["units"], workflow="agreed_coding") as made:
        command = run("agreed_coding")
        made.project.run(*command, "--answer", "agree/decision=yes", code=3)
        assert not made.numbers() and not made.added(), "nothing goes in before the second yes"
        [waits] = made.project.json("status", "last")["questions"]
        assert "2 of 2 are in the code and held by a test" in waits["form"]["about"]
        made.project.run("resume", "--answer", "take/decision=yes")
        made.provider.asked()

        assert made.numbers() == made.repository.changed and made.added() == added
        rounds = ("build~1", "build~2")
        assert [made.document(f"{it}/verify", "verdict").strip() for it in rounds] == ["incomplete", "verified"]
        assert "**FR-2** (the rest stays) is in the code, and no test holds it" in made.document("build~1/verify", "report")
        # The second round writes the test that was missing, beside those of the first, and no code.
        assert json.loads(made.document("build~2/implementation", "subtasks")) == []
        listed = [[it["path"] for it in json.loads(made.document(f"{it}/test_generation", "tests"))] for it in rounds]
        assert listed == [added[1:2], added[1:]]
        assert made.outcomes()[f"{added[2]}::test_{STAYS}"] == "passed"
        traced = json.loads(made.document("build~2/verify", "trace"))["requirements"]
        assert [(it["id"], it["state"]) for it in traced] == [("FR-1", "met"), ("FR-2", "met")]

        # Who begins again with the same request is shown that the requirement stays what it was.
        commit(made.folder)
        made.project.run(*command, code=3)
        [waits] = made.project.json("status", "last")["questions"]
        assert waits["form"]["about"].startswith("The text is as it was before.")
