"""What WASI lacks and Python code takes for granted, as far as it can be had."""

import asyncio
import os
import random
import sys
import tempfile
import time

from . import needs, standard

WORKSPACE = "/workspace"
TEMPORARY = "/tmp"
# Where the packages that the project depends on lie, if the definition lends a folder with them.
PACKAGES = "/packages"
ENVIRONMENT = {"HOME": TEMPORARY, "LANG": "C.UTF-8", "PATH": "", "TMPDIR": TEMPORARY, "TZ": "UTC", "USER": "stepwell"}
USER = 1000


def prepare() -> None:
    """What can be done while building."""
    for name in ("getuid", "geteuid", "getgid", "getegid"):
        if not hasattr(os, name):
            setattr(os, name, lambda: USER)
    if not hasattr(os, "getgroups"):
        os.getgroups = lambda: [USER]
    if not hasattr(os, "umask"):
        os.umask = lambda mask: 0o022
    if not hasattr(os, "getppid"):
        os.getppid = lambda: 1
    _prepare_hashes()
    _prepare_asyncio()
    _prepare_zones()


def enter() -> None:
    """What has to be done anew in each attempt: what was kept from building must not show."""
    os.environ.clear()
    os.environ.update(ENVIRONMENT)
    os.chdir(WORKSPACE)
    # There is no device; a file takes what is written to it, and nobody reads it.
    os.devnull = f"{TEMPORARY}/.null"
    open(os.devnull, "w").close()
    sys.argv = ["pytest"]
    sys.executable = "/usr/bin/python3"
    sys.dont_write_bytecode = True
    sys.path[:] = [WORKSPACE]
    if _is_installable() and os.path.isdir(f"{WORKSPACE}/src"):
        # A project with its package below `src` is tested as if it were installed.
        sys.path.append(f"{WORKSPACE}/src")
    if os.path.isdir(PACKAGES):
        sys.path.append(PACKAGES)
    sys.path_importer_cache.clear()
    tempfile.tempdir = TEMPORARY
    tempfile._name_sequence = None
    random.seed()


def _is_installable() -> bool:
    return any(os.path.exists(f"{WORKSPACE}/{name}") for name in ("pyproject.toml", "setup.py", "setup.cfg"))


class _Nothing:
    """Stands where an event loop has its sockets: only time passes."""

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("the event loop waits for something that will never happen: nothing is scheduled any more")
        if timeout > 0:
            time.sleep(timeout)
        return []

    def close(self):
        pass


class EventLoop(asyncio.BaseEventLoop):
    """An event loop without sockets, threads and processes: tasks, timers, queues, locks."""

    def __init__(self):
        super().__init__()
        self._selector = _Nothing()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        """Nobody else is there to be woken by."""

    def _refuse(self, what):
        raise needs.refusal(what, NotImplementedError(f"the event loop can't do this in this sandbox: it has no {what}"))

    def add_signal_handler(self, *_):
        self._refuse(needs.SIGNALS)

    def add_reader(self, *_):
        self._refuse(needs.SOCKETS)

    def add_writer(self, *_):
        self._refuse(needs.SOCKETS)

    async def _make_subprocess_transport(self, *_, **__):
        self._refuse(needs.PROCESSES)


def _prepare_hashes() -> None:
    """The one function of OpenSSL that programs with passwords call, in Python."""
    hashlib = standard.module("hashlib")
    hmac = standard.module("hmac")

    def pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None):
        keyed = hmac.new(bytes(password), digestmod=hash_name)
        length = dklen or keyed.digest_size
        key = b""
        for block in range(1, -(-length // keyed.digest_size) + 1):
            one = keyed.copy()
            one.update(bytes(salt) + block.to_bytes(4, "big"))
            last = one.digest()
            total = int.from_bytes(last, "big")
            for _ in range(iterations - 1):
                one = keyed.copy()
                one.update(last)
                last = one.digest()
                total ^= int.from_bytes(last, "big")
            key += total.to_bytes(keyed.digest_size, "big")
        return key[:length]

    if not hasattr(hashlib, "pbkdf2_hmac"):
        hashlib.pbkdf2_hmac = pbkdf2_hmac


def _prepare_asyncio() -> None:
    unix = sys.modules.get("asyncio.unix_events")
    if unix is not None:
        for policy in ("_UnixDefaultEventLoopPolicy", "_DefaultEventLoopPolicy", "DefaultEventLoopPolicy"):
            if hasattr(unix, policy):
                getattr(unix, policy)._loop_factory = EventLoop
    asyncio.SelectorEventLoop = asyncio.EventLoop = EventLoop


def _prepare_zones() -> None:
    """Keeps the time zones of the package tzdata, which are files that won't be there at run time."""
    import importlib.resources
    import io

    root = importlib.resources.files("tzdata.zoneinfo")
    zones = {}
    names = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    for name in names:
        zones[name] = root.joinpath(*name.split("/")).read_bytes()
    for name in [name for name in sys.modules if name.partition(".")[0] == "tzdata"]:
        del sys.modules[name]

    zoneinfo = standard.module("zoneinfo")
    common = standard.module("zoneinfo._common")

    def load_tzdata(key):
        try:
            return io.BytesIO(zones[key])
        except KeyError:
            raise common.ZoneInfoNotFoundError(f"No time zone found with key {key}") from None

    common.load_tzdata = load_tzdata
    zoneinfo.available_timezones = lambda: set(zones)
