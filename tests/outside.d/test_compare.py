"""A real comparison: its numbers are those of scipy and statsmodels, and all its shapes tell the same."""

import csv
import io
import json
from html.parser import HTMLParser

import numpy
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from program import Project
from provider import Agreed, Asked, Provider

CASES = 24
BETTER = "SECOND {{ requirement }}{% if guidance %}{{ guidance }}{% endif %}{% if language %}{{ language }}{% endif %}"
DOCUMENT = """# Tea
## 1 Overview
### 1.1 Background
{word}
### 1.2 User persona
Ada
### 1.3 User journey
1. She drinks.
## 2 Requirements
### 2.1 Functional requirements
- It is hot.
"""


def passes(case: int, version: int) -> bool:
    """The first version fails two cases of three, the second one of six, and not always where the first does."""
    return case % 3 == 0 if version == 1 else case % 6 != 0


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The project, and its comparison as JSON."""
    folder = tmp_path_factory.mktemp("compare")
    answers = {}
    for case in range(CASES):
        for version, prompt in ((1, f"topic-{case:02}"), (2, f"SECOND topic-{case:02}")):
            word = ("good " * (case + 1)) if passes(case, version) else "poor " * (2 * case + version)
            answers[Asked(prompt)] = Agreed(f"{case}/{version}", DOCUMENT.format(word=word))
    with Provider(folder, answers) as provider:
        project = Project(folder / "project")
        (project.folder / "stepwell.toml").write_text(
            f'[providers.local]\nkind = "openai-chat"\nbase_url = "{provider.url}/v1"\n\n'
            '[models]\nwriter = { model = "local/mock", price = { input = 3, output = 15 } }\n\n'
            '[defaults]\nmodel = "writer"\n',
            encoding="utf-8",
        )
        cases = [f'[[cases]]\nid = "c{case}"\ninputs.requirement = "topic-{case:02}"\n' for case in range(CASES)]
        checks = '[defaults]\nchecks = [{ contains = "good" }]\n'
        (project.folder / "some.toml").write_text(checks + "".join(cases[: CASES // 2]), encoding="utf-8")
        (project.folder / "cases.toml").write_text(checks + "".join(cases), encoding="utf-8")
        project.run("prompt", "add", "refine", "--text", BETTER, "--note", "second")
        project.run("compare", "builtin:refine", "--cases", "some.toml")
        project.run("compare", "builtin:refine", "--cases", "cases.toml")
        # What was there was taken over.
        assert len(provider.asked()) == 2 * CASES
        yield project, project.json("comparison", "show", "last")


def figures(view, variant: int, figure: str) -> list:
    cells = [cell for cell in view["cells"] if cell["variant"] == variant]
    return [cell[figure] for cell in sorted(cells, key=lambda cell: cell["case"])]


def test_the_checks_say_what_came(compared):
    _, view = compared
    for variant in (0, 1):
        assert figures(view, variant, "passed") == [passes(case, variant + 1) for case in range(CASES)]


def test_intervals_are_those_of_statsmodels(compared):
    _, view = compared
    for variant in (0, 1):
        numbers = view["variants"][variant]["numbers"]
        passed = sum(figures(view, variant, "passed"))
        assert numbers["passed_cases"] == passed
        expected = proportion_confint(passed, CASES, method="wilson")
        assert numbers["pass_rate"] == pytest.approx(passed / CASES)
        assert [numbers["pass_interval"]["low"], numbers["pass_interval"]["high"]] == pytest.approx(expected)


def test_mcnemars_probability_is_that_of_statsmodels(compared):
    _, view = compared
    against = view["variants"][1]["numbers"]["against_baseline"]
    first, second = (numpy.array(figures(view, variant, "passed")) for variant in (0, 1))
    table = [[int((a & b).sum()) for b in (second, ~second)] for a in (first, ~first)]
    assert (against["better"], against["worse"]) == (table[1][0], table[0][1])
    assert against["p_value"] == pytest.approx(mcnemar(table, exact=True).pvalue)


@pytest.mark.parametrize("figure", ["tokens", "money", "duration_ms"])
def test_differences_are_those_of_scipys_bootstrap(compared, figure):
    _, view = compared
    first, second = (numpy.array(figures(view, variant, figure), dtype=float) for variant in (0, 1))
    differences = second - first
    found = view["variants"][1]["numbers"]["against_baseline"][figure]
    assert found["mean"] == pytest.approx(differences.mean())
    expected = stats.bootstrap(
        (differences,), numpy.mean, n_resamples=20_000, method="percentile", rng=numpy.random.default_rng(1)
    ).confidence_interval
    width = expected.high - expected.low
    found = found["interval"]
    # Two bootstraps of the same data draw other samples.
    assert [found["low"], found["high"]] == pytest.approx([expected.low, expected.high], abs=0.08 * width)
    assert view["variants"][0]["numbers"][figure] == pytest.approx(numpy.median(first))


def test_the_table_tells_what_the_json_does(compared):
    project, view = compared
    table = project.run("comparison", "show", "last").stdout
    for variant in view["variants"]:
        numbers = variant["numbers"]
        low, high = (round(100 * numbers["pass_interval"][end]) for end in ("low", "high"))
        assert f"{numbers['passed_cases']} of {CASES}  ({low} % to {high} %)" in table
    for sentence in view["sentences"]:
        assert sentence in table


def test_a_file_holds_the_same(compared, tmp_path):
    project, view = compared
    file = tmp_path / "comparison.json"
    project.run("comparison", "show", "last", "--json", "--output", str(file))
    assert json.loads(file.read_text(encoding="utf-8"))["cells"] == view["cells"]


def test_csv_holds_the_cells_of_the_json(compared):
    project, view = compared
    lines = list(csv.DictReader(io.StringIO(project.run("comparison", "show", "last", "--format", "csv").stdout)))
    assert len(lines) == len(view["cells"])
    for line, cell in zip(lines, view["cells"], strict=True):
        variant = view["variants"][cell["variant"]]
        assert (line["case"], line["version"]) == (view["cases"][cell["case"]]["id"], str(variant["version"]))
        assert line["passed"] == str(cell["passed"]).lower()
        assert int(line["input_tokens"]) + int(line["output_tokens"]) == cell["tokens"]
        assert round(float(line["money"]) * 1_000_000) == cell["money"]
        assert int(line["duration_ms"]) == cell["duration_ms"]
        checks = [said for name, said in line.items() if name.startswith("check: ") and said]
        assert checks == ["passed" if check["passed"] else "failed" for check in cell["checks"]]


class Page(HTMLParser):
    """The text of a page, and how often it has each element."""

    def __init__(self, page: str):
        super().__init__()
        self.words, self.elements = [], {}
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements[tag] = self.elements.get(tag, 0) + 1

    def handle_data(self, data):
        self.words.append(data)


def test_html_tells_what_the_json_does(compared, tmp_path):
    project, view = compared
    file = tmp_path / "comparison.html"
    project.run("comparison", "show", "last", "--format", "html", "--output", str(file))
    page = Page(file.read_text(encoding="utf-8"))
    assert page.elements["article"] == len(view["cells"])
    assert "script" not in page.elements and "link" not in page.elements and "img" not in page.elements
    for sentence in view["sentences"]:
        assert sentence in page.text
    for variant in view["variants"]:
        numbers = variant["numbers"]
        rate, low, high = (
            f"{100 * share:.0f} %"
            for share in (numbers["pass_rate"], numbers["pass_interval"]["low"], numbers["pass_interval"]["high"])
        )
        assert f"{numbers['passed_cases']} of {CASES}" in page.text
        assert f"{rate} ({low} to {high})" in page.text
        assert variant["template"].split()[0] in page.text
    against = view["variants"][1]["numbers"]["against_baseline"]
    said = f"{against['better']} better, {against['worse']} worse, p = {against['p_value']:.3f}"
    assert said in page.text
    for case in range(CASES):
        assert f"topic-{case:02}" in page.text
