"""One of the small repositories, with the workflow in it as `init` writes it and a provider that answers by rules."""

import json
from pathlib import Path

from program import Project
from ruled import Ruled
from rules import Model, Way
from strict import Strict
from tasks import Repository, commit, git

def run(workflow: str = "automated_coding") -> tuple[str, ...]:
    """The command that carries out a workflow."""
    return ("run", f"{workflow}.toml", "--input", "feature=@feature.txt")


RUN = run()
# What the definition says of files that git ignores.
INCLUDE = '  # grants.include = ["src/package/version.py"]\n'
KEY = "sk-outside-secret"


class Worked:
    """A repository of git with the workflow in it, as `init` writes it, and a model that works by rules."""

    def __init__(
        self,
        folder: Path,
        repository: Repository,
        way: Way = Way.TOOLS,
        *,
        broken: dict[str, str] | None = None,
        includes: bool = True,
        hint: str = "",
        workflow: str = "automated_coding",
        provider: Strict | None = None,
    ):
        """With these files more, without the line that includes what git ignores, with a request that says more, in another workflow, at
        another provider."""
        self.definition = f"{workflow}.toml"
        self.repository = repository
        self.provider = provider or Ruled(folder, Model(repository.task(), way).answers)
        given = folder / "given"
        repository.write(given)
        (given / "feature.txt").write_text(repository.task.feature + hint, encoding="utf-8")
        for path, text in (broken or {}).items():
            (given / path).write_text(text, encoding="utf-8")
        self.project = Project(folder / "project", given)
        self.folder = self.project.workspace = self.project.folder
        self.project.variables["MOCK_KEY"] = KEY
        self.project.run("init", "--workflow", workflow)
        if repository.ignored and includes:
            self.include(f'grants.include = ["{repository.ignored}"]')
        self.model = '{ model = "local/mock", tools = false }' if way == Way.TEXT else '"local/mock"'

    def include(self, line: str) -> None:
        """Puts the line that includes an ignored file where the definition says how."""
        definition = self.folder / self.definition
        text = definition.read_text(encoding="utf-8")
        assert INCLUDE in text
        definition.write_text(text.replace(INCLUDE, f"  {line}\n"), encoding="utf-8")

    def __enter__(self):
        self.provider.__enter__()
        (self.folder / "stepwell.toml").write_text(self.settings(), encoding="utf-8")
        commit(self.folder)
        self.given = {path: (self.folder / path).read_bytes() for path in self.repository.changed}
        return self

    def settings(self) -> str:
        """The operator's file."""
        return (
            f'[providers.local]\nkind = "openai-chat"\nbase_url = "{self.provider.url}/v1"\nkey_variable = "MOCK_KEY"\n\n'
            f'[models]\nwriter = {self.model}\n\n[defaults]\nmodel = "writer"\n'
        )

    def __exit__(self, *arguments):
        self.provider.__exit__(*arguments)

    def document(self, execution: str, name: str) -> str:
        return self.project.run("docs", "get", "last", execution, name).stdout

    def results(self) -> dict:
        return json.loads(self.document("build/testing", "results"))

    def outcomes(self) -> dict[str, str]:
        return {test["id"]: test["outcome"] for test in self.results()["tests"]}

    def numbers(self) -> dict[str, tuple[int, int]]:
        """How many lines were added and removed, by file, as git counts them."""
        counted = (line.split("\t") for line in git(self.folder, "diff", "--numstat").splitlines())
        return {path: (int(added), int(removed)) for added, removed, path in counted}

    def added(self) -> list[str]:
        """The files that are there and weren't, but for what git ignores."""
        return git(self.folder, "ls-files", "--others", "--exclude-standard").splitlines()

    def calls(self) -> list[dict]:
        return self.project.json("calls", "last")
