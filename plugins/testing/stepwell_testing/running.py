"""pytest, run once: what it collects, what it is at, and what came of each test."""

import io
import os
import sys

import pytest
from _pytest.capture import CaptureFixture, CaptureIO, SysCapture, SysCaptureBinary
from _pytest.config import ExitCode, PytestPluginManager

from . import needs, outcomes
from .journal import ENDING, LOADING, Journal
from .surroundings import TEMPORARY, WORKSPACE

# There are no descriptors to capture, no folder for a cache that would outlive the run, and no signals to dump stacks on.
ARGUMENTS = (
    "--capture=sys",
    f"--basetemp={TEMPORARY}/pytest",
    f"--rootdir={WORKSPACE}",
    "--color=no",
    "--continue-on-collection-errors",
    "-pno:cacheprovider",
    "-pno:faulthandler",
    "-pno:pastebin",
    "-overbosity_assertions=2",
)

# A test that writes without end must not take the memory of those after it: what is beyond is dropped.
MOST_CAPTURED = 16 << 20


def _write(self, text, write=CaptureIO.write):
    return write(self, text) if self.buffer.tell() < MOST_CAPTURED else len(text)


CaptureIO.write = _write

_conftests = PytestPluginManager._importconftest


def run(journal: Journal, arguments: list[str], left_out: set[str]) -> None:
    """Runs the tests that have no outcome yet. `left_out` are files that ended an instance while they were loaded."""

    def loading(manager, path, *others, **named):
        journal.at(LOADING + _relative(path))
        return _conftests(manager, path, *others, **named)

    PytestPluginManager._importconftest = loading
    recorder = Recorder(journal, left_out)
    written, errors = io.StringIO(), io.StringIO()
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = written, errors
    try:
        code = pytest.main([*ARGUMENTS, *arguments], plugins=[recorder])
    except BaseException as error:  # A conftest.py may raise anything, `SystemExit` among it.
        code = ExitCode.INTERNAL_ERROR
        errors.write(f"{type(error).__name__}: {error}\n")
    finally:
        sys.stdout, sys.stderr = kept
    if code in (ExitCode.USAGE_ERROR, ExitCode.INTERNAL_ERROR):
        detail = errors.getvalue() if errors.getvalue().strip() else written.getvalue()
        lines = [line.removeprefix("ERROR: ").strip() for line in detail.splitlines() if line.strip()]
        journal.add(
            outcomes.outcome(
                "pytest",
                outcomes.ERROR,
                outcomes.FILE,
                message=lines[0] if lines else "pytest could not begin",
                detail=detail,
                met=needs.met_since_the_last_look(),
            )
        )
    for test in journal.tests:
        if test not in journal.outcomes:
            reason = recorder.stopped or "pytest stopped before it"
            journal.add(outcomes.outcome(test, outcomes.NOT_RUN, message=reason))
    journal.write()


def _relative(path) -> str:
    return os.path.relpath(path, WORKSPACE)


class Recorder:
    """The plugin of pytest that keeps the journal."""

    def __init__(self, journal: Journal, left_out: set[str]):
        self.journal = journal
        self.left_out = left_out
        # Why pytest ended before the last test.
        self.stopped = ""
        self._reports = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path):
        return True if _relative(collection_path) in self.left_out else None

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        if isinstance(collector, pytest.File):
            self.journal.at(LOADING + _relative(collector.path))
            needs.met.clear()
        try:
            return (yield)
        except SystemExit as error:
            # pytest would end here, and report nothing at all.
            message = f"it called `sys.exit({error.code!r})` while it was loaded"
            return pytest.CollectReport(collector.nodeid, "failed", message, [])

    def pytest_collectreport(self, report):
        if report.passed:
            return
        self.journal.add(
            outcomes.outcome(
                report.nodeid or ".",
                outcomes.ERROR if report.failed else outcomes.SKIPPED,
                outcomes.FILE,
                message=outcomes.message_of(report.longrepr),
                detail=outcomes.text_of(report) if report.failed else "",
                met=needs.met_since_the_last_look(),
            )
        )

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        self.journal.collected([item.nodeid for item in items])
        items[:] = [item for item in items if item.nodeid not in self.journal.outcomes]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self.journal.at(item.nodeid)
        needs.met.clear()
        self._reports = outcomes.Reports(item.nodeid)
        try:
            return (yield)
        finally:
            # Of a test that ends pytest there may be no report.
            if self._reports.result is not None:
                self.journal.add(self._reports.outcome())

    def pytest_runtest_logreport(self, report):
        self._reports.add(report)

    def pytest_keyboard_interrupt(self, excinfo):
        why = getattr(excinfo.value, "msg", None) or excinfo.typename
        self.stopped = f"the tests were stopped before it: {why}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        self.stopped = self.stopped or str(session.shouldfail or session.shouldstop or "")
        self.journal.write()
        self.journal.at(ENDING)

    # Without descriptors to capture, these see what Python itself writes. Nothing else can write here.

    @pytest.fixture
    def capfd(self, request):
        yield from _captured(request, SysCapture)

    @pytest.fixture
    def capfdbinary(self, request):
        yield from _captured(request, SysCaptureBinary)


def _captured(request, kind):
    manager = request.config.pluginmanager.getplugin("capturemanager")
    fixture = CaptureFixture(kind, request, _ispytest=True)
    manager.set_fixture(fixture)
    fixture._start()
    yield fixture
    fixture.close()
    manager.unset_fixture()
