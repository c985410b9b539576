"""pytest, run once: what it collects, what it is at, and what came of each test."""

import io
import os
import sys

import pytest
from _pytest.capture import CaptureFixture, CaptureIO, SysCapture, SysCaptureBinary
from _pytest.config import ExitCode, PytestPluginManager

from . import configuration, needs, options, outcomes, wanting
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


class Session:
    """What one session of pytest is to run, beside what its arguments say."""

    def __init__(self, arguments=(), left_out=(), only=None, given=()):
        self.arguments = list(arguments)
        # Files that ended an instance while they were loaded.
        self.left_out = set(left_out)
        # The tests to run; none is all of them.
        self.only = only
        # The arguments that the definition gives: what they leave out isn't left out by the project.
        self.given = list(given)


def run(journal: Journal, session: Session) -> None:
    """Runs the tests that have no outcome yet."""
    broken = []

    def loading(manager, path, *others, **named):
        journal.at(LOADING + _relative(path))
        needs.met.clear()
        try:
            return _conftests(manager, path, *others, **named)
        except BaseException as error:
            broken.append(getattr(error, "cause", error))
            raise

    PytestPluginManager._importconftest = loading
    recorder = Recorder(journal, session)
    written, errors = io.StringIO(), io.StringIO()
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = written, errors
    try:
        code = pytest.main([*ARGUMENTS, *session.arguments], plugins=[recorder])
    except BaseException as error:  # A conftest.py may raise anything, `SystemExit` among it.
        code = ExitCode.INTERNAL_ERROR
        broken.append(error)
        errors.write(f"{type(error).__name__}: {error}\n")
    finally:
        sys.stdout, sys.stderr = kept
    if code in (ExitCode.USAGE_ERROR, ExitCode.INTERNAL_ERROR):
        detail = errors.getvalue() if errors.getvalue().strip() else written.getvalue()
        lines = [line.removeprefix("ERROR: ").strip() for line in detail.splitlines() if line.strip()]
        error = broken[-1] if broken else None
        journal.add(
            outcomes.outcome(
                "pytest",
                outcomes.ERROR,
                outcomes.FILE,
                message=lines[0] if lines else "pytest could not begin",
                detail=detail,
                refused=needs.refused(error),
                met=needs.met_since_the_last_look(),
                wants=wanting.wanted(error) or _of_arguments(session, code, broken),
            )
        )
    for test in journal.tests:
        if test not in journal.outcomes:
            reason = recorder.stopped or "pytest stopped before it"
            journal.add(outcomes.not_run(test, reason))
    journal.remark(recorder.remarks())
    journal.write()


def _of_arguments(session: Session, code, broken) -> str | None:
    """Whether pytest refuses what the definition itself says: no code mends that."""
    if code == ExitCode.USAGE_ERROR and session.given and not broken:
        return "pytest doesn't take what the definition gives as `settings.arguments`."
    return None


def _relative(path) -> str:
    return os.path.relpath(path, WORKSPACE)


class Recorder:
    """The plugin of pytest that keeps the journal."""

    def __init__(self, journal: Journal, session: Session):
        self.journal = journal
        self.session = session
        self.watch = configuration.Watch(session.given)
        # Why pytest ended before the last test.
        self.stopped = ""
        self._reports = None
        # The error of what couldn't be loaded last.
        self._broken = None
        # The files of the tests that there are, whichever of them are left to run.
        self._collected: list[str] | None = None
        # What the code of the test under way raised, before any hook could take it for something else.
        self._raised = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path):
        return True if _relative(collection_path) in self.session.left_out else None

    def pytest_configure(self, config):
        self.watch.begin(config)

    def remarks(self) -> dict:
        """What is to be said beside the outcomes."""
        collected = {} if self._collected is None else {"collected": self._collected}
        return self.watch.remarks() | {"left_out": list(options.left_out)} | collected

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        if isinstance(collector, pytest.File):
            self.journal.at(LOADING + _relative(collector.path))
            needs.met.clear()
        self._broken = None
        try:
            report = yield
        except SystemExit as error:
            # pytest would end here, and report nothing at all.
            message = f"it called `sys.exit({error.code!r})` while it was loaded"
            return pytest.CollectReport(collector.nodeid, "failed", message, [])
        if report.failed and getattr(report, "call", None) is not None and report.call.excinfo:
            error = report.call.excinfo.value
            # What an import says is in the words of pytest, with its own cause.
            is_of_pytest = isinstance(error, pytest.Collector.CollectError)
            self._broken = (is_of_pytest and error.__cause__) or error
        return report

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
                refused=needs.refused(self._broken),
                met=needs.met_since_the_last_look(),
                wants=wanting.wanted(self._broken),
            )
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items):
        found = [item.nodeid for item in items]
        result = yield
        self._collected = sorted({test.partition("::")[0] for test in found})
        self.watch.chosen(found, [item.nodeid for item in items])
        only = self.session.only
        if only is not None:
            self.journal.found([item.nodeid for item in items])
            items[:] = [item for item in items if item.nodeid in only]
        self.journal.collected([item.nodeid for item in items])
        self.journal.remark(self.remarks())
        items[:] = [item for item in items if item.nodeid not in self.journal.outcomes]
        # What used up the time of an instance that it shared begins, in one that is all its own.
        items.sort(key=lambda item: item.nodeid not in self.journal.suspects)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        error = call.excinfo and call.excinfo.value
        if call.when == "call" and self._raised is not None:
            error = self._raised
        if error is not None:
            configuration.tell_the_truth(item, error, report, self.watch)
            if report.failed:
                report.stepwell_refused = needs.refused(error)
                report.stepwell_wants = wanting.wanted(error)
        # Here, and not where it is told to all plugins: those of the project come before this one there.
        self._reports.add(report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self.journal.at(item.nodeid)
        needs.met.clear()
        self._reports = outcomes.Reports(item.nodeid)
        self._raised = None
        item.runtest = self._seen(item.runtest)
        try:
            return (yield)
        finally:
            # Of a test that ends pytest there may be no report.
            if self._reports.result is not None:
                self.journal.add(self._reports.outcome())

    def _seen(self, runtest):
        """The code of a test, that what it raises may be known."""

        def run():
            try:
                return runtest()
            except BaseException as error:
                self._raised = error
                raise

        return run

    def pytest_runtest_logreport(self, report):
        if type(report).__name__ == "SubtestReport":
            self._reports.say_more(report)

    def pytest_keyboard_interrupt(self, excinfo):
        why = getattr(excinfo.value, "msg", None) or excinfo.typename
        self.stopped = f"the tests were stopped before it: {why}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        self.stopped = self.stopped or str(session.shouldfail or session.shouldstop or "")
        self.watch.end()
        self.journal.remark(self.remarks())
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
