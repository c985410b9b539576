"""What can't be had in this sandbox, by name.

Python meets such a thing as an attribute that is missing, or an error of the system that says little. Here it becomes
an error that names it, and the test that met it is known: its failure says nothing about the code.
"""

import errno
import functools
import os
import sys

from . import standard

# What the test under way, or the module being imported, asked for and can't have.
met: list[str] = []

THREADS = "threads"
PROCESSES = "other processes"
SOCKETS = "the network (sockets)"
SIGNALS = "signals"

_MISSING_OF_OS = {
    PROCESSES: (
        "execl execle execlp execlpe execv execve execvp execvpe fork forkpty kill killpg nice pidfd_open popen "
        "posix_spawn posix_spawnp spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe system wait wait3 "
        "wait4 waitid waitpid setsid setpgid"
    ),
    "pipes": "pipe pipe2 mkfifo mknod openpty",
    "owners of files": "chown fchown lchown chroot",
    "what the system says of itself": (
        "confstr ctermid fpathconf fstatvfs getloadavg getlogin getpgid getpriority getrandom getresuid getsid "
        "getxattr listxattr lockf memfd_create pathconf sched_getaffinity sendfile setgid setuid setxattr statvfs "
        "sysconf ttyname"
    ),
}
PERMISSIONS = "permissions of files"


def prepare() -> None:
    """Puts errors with names in the place of what is missing."""
    for what, names in _MISSING_OF_OS.items():
        for name in names.split():
            if name == "popen" or not hasattr(os, name):
                setattr(os, name, _refusing(what, f"os.{name}", _no_system))
    thread = standard.module("_thread")
    threading = standard.module("threading")
    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        refusing = _refusing(THREADS, f"_thread.{name}", RuntimeError)
        setattr(thread, name, refusing)
        if hasattr(threading, f"_{name}"):
            setattr(threading, f"_{name}", refusing)
    standard.module("subprocess").Popen.__init__ = _refusing(PROCESSES, "subprocess", _no_system)
    multiprocessing = standard.module("multiprocessing")
    standard.module("multiprocessing.process").BaseProcess.start = _refusing(PROCESSES, "multiprocessing", _no_system)
    for name in ("Pool", "Pipe", "Queue", "Manager", "Lock", "Value", "Array", "Event"):
        setattr(multiprocessing, name, _refusing(PROCESSES, f"multiprocessing.{name}", _no_system))
    hashlib = standard.module("hashlib")
    if not hasattr(hashlib, "scrypt"):
        hashlib.scrypt = _refusing("`hashlib.scrypt`", "hashlib.scrypt", _no_system)
    os.chmod = _noting(PERMISSIONS, os.chmod)
    socket = standard.module("socket")
    socket.socket.__init__ = _refusing(SOCKETS, "socket.socket", _no_network)
    for name in ("create_connection", "create_server", "socketpair", "getaddrinfo", "gethostbyname"):
        setattr(socket, name, _refusing(SOCKETS, f"socket.{name}", _no_network))
    signal = standard.module("signal")
    for name in ("alarm", "setitimer", "getitimer", "pause", "sigwait", "pthread_kill", "siginterrupt"):
        if not hasattr(signal, name):
            setattr(signal, name, _refusing(SIGNALS, f"signal.{name}", _no_system))
    # A handler can be set, and is never called: nobody sends a signal here.
    signal.raise_signal = _refusing(SIGNALS, "signal.raise_signal", _no_system)
    sys.meta_path.append(MissingModules)


def met_since_the_last_look() -> list[str]:
    """Each thing once, in the order in which it was met."""
    seen = list(dict.fromkeys(met))
    met.clear()
    return seen


def note(what: str) -> None:
    met.append(what)


def _refusing(what, name, error):
    def refuse(*_, **__):
        __tracebackhide__ = True  # The line that asked for it says more.
        met.append(what)
        raise error(f"`{name}` can't work in this sandbox")

    refuse.__name__ = name.rpartition(".")[2]
    return refuse


def _noting(what, function):
    """Does what it can, which isn't all. The library's own calls are made for good measure, and don't count."""

    def note_and_do(*arguments, **named):
        if sys._getframe(1).f_globals.get("__name__") not in ("shutil", "tempfile"):
            met.append(what)
        return function(*arguments, **named)

    return functools.wraps(function)(note_and_do)


def _no_system(message):
    return OSError(errno.ENOSYS, message)


def _no_network(message):
    return OSError(errno.ENETUNREACH, message)


class MissingModules:
    """Notes that a module of the standard library was asked for that this Python doesn't have; finds none."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names and not standard.is_there(name) and _is_wanted(top):
            met.append(f"the module `{name}`")
        return None


def _is_wanted(top: str) -> bool:
    """Whether a program would fail without it: the library itself asks for some modules and gets by."""
    return top not in ("_winapi", "msvcrt", "nt", "winreg", "_overlapped", "readline", "grp", "pwd", "_scproxy", "org", "java")
