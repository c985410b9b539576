"""What can't be had in this sandbox, by name.

Python meets such a thing as an attribute that is missing, or an error of the system that says little. Here it becomes
an error that names it, a *refusal*. A test that fails with a refusal says nothing about the code. One that fails with
anything else does, whatever was refused before: a program that catches a refusal and goes on goes on as it would elsewhere.
"""

import errno
import os
import sys

from . import hidden, standard
from .surroundings import WORKSPACE

# What the test under way, or the module being imported, was refused. It explains a failure, and excuses none.
met: list[str] = []

THREADS = "threads"
PROCESSES = "other processes"
SOCKETS = "the network (sockets)"
SIGNALS = "signals"
ENCRYPTION = "encrypted connections (the module `ssl`)"

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

# Where an error says what it is of.
_MARK = "__stepwell_needs__"


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
    socket = standard.module("socket")
    socket.socket.__init__ = _refusing(SOCKETS, "socket.socket", _no_network)
    for name in ("create_connection", "create_server", "socketpair", "getaddrinfo", "gethostbyname"):
        setattr(socket, name, _refusing(SOCKETS, f"socket.{name}", _no_network))
    request = standard.module("urllib.request")
    if not hasattr(request, "HTTPSHandler"):
        # Programs name it, and few of them use it.
        refusing = _refusing(ENCRYPTION, "urllib.request.HTTPSHandler", _no_network)
        request.HTTPSHandler = type("HTTPSHandler", (request.AbstractHTTPHandler,), {"__init__": refusing})
    signal = standard.module("signal")
    for name in ("alarm", "setitimer", "getitimer", "pause", "sigwait", "pthread_kill", "siginterrupt"):
        if not hasattr(signal, name):
            setattr(signal, name, _refusing(SIGNALS, f"signal.{name}", _no_system))
    # A handler can be set, and is never called: nobody sends a signal here.
    signal.raise_signal = _refusing(SIGNALS, "signal.raise_signal", _no_system)


def met_since_the_last_look() -> list[str]:
    """Each thing once, in the order in which it was met."""
    seen = list(dict.fromkeys(met))
    met.clear()
    return seen


def refusal(what: str, error: BaseException) -> BaseException:
    """Marks an error as the refusal of something."""
    met.append(what)
    setattr(error, _MARK, what)
    return error


def refused(error: BaseException | None) -> list[str]:
    """What an error is the refusal of; nothing where it is another one.

    The error itself has to be it, or to carry it on: as `URLError` does that Python makes of it. What the project's own code raises instead
    is the project's own, even `from` it: that code caught the refusal, and may be wrong about what to do then.
    """
    seen = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        seen.add(id(error))
        what = getattr(error, _MARK, None) or _missing_module(error)
        if what:
            return [what]
        if isinstance(error, BaseExceptionGroup):
            each = [refused(one) for one in error.exceptions]
            return list(dict.fromkeys(sum(each, []))) if all(each) else []
        made_of = [one for one in error.args if isinstance(one, BaseException)]
        carried = error.__cause__ or (made_of[0] if made_of else None)
        if carried is None and _says_what_it_lacks(error):
            carried = error.__context__
        if _is_of_the_project(error) and not _are_imports(error, carried):
            return []
        error = carried
    return []


def _is_of_the_project(error: BaseException) -> bool:
    """Whether the project's own code raised an error."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    # What was only made, and never raised, says nothing of who made it.
    return step is None or step.tb_frame.f_code.co_filename.startswith(WORKSPACE + "/")


def _are_imports(error: BaseException, carried: BaseException | None) -> bool:
    """Whether a module that can't be loaded says so of one that it needs: nothing was caught and gone on from."""
    return isinstance(error, ImportError) and isinstance(carried, ImportError)


def _says_what_it_lacks(error: BaseException) -> bool:
    """Whether a package says in words of its own that a module of it can't be loaded."""
    is_said = isinstance(error, ImportError) and not error.name and isinstance(error.__context__, ImportError)
    return is_said and not error.__suppress_context__ and not _is_of_the_project(error)


def _missing_module(error: BaseException) -> str | None:
    """The module of the standard library, or of a package in C, that this Python doesn't have."""
    if not isinstance(error, ImportError) or not error.name:
        return None
    name = error.name
    if isinstance(error, ModuleNotFoundError):
        if name.partition(".")[0] in sys.stdlib_module_names and not standard.is_there(name):
            return f"the module `{name}`"
    elif further := getattr(error, "name_from", None):
        # `from . import _c`: the package is there, and what is asked of it may be a module.
        name = f"{name}.{further}"
    else:
        return None
    return f"the module `{name}`, which is in C" if _is_built_for_another_system(name) else None


# How files of machine code end.
_MACHINE_CODE = (".so", ".pyd", ".dylib")


def _is_built_for_another_system(name: str) -> bool:
    """Whether a module is there in machine code, which can't be loaded here."""
    folder, _, last = name.replace(".", "/").rpartition("/")
    for root in sys.path:
        try:
            names = os.listdir(os.path.join(root, folder))
        except OSError:
            continue
        if any(it.startswith(f"{last}.") and it.endswith(_MACHINE_CODE) for it in names):
            return True
    # What a project builds in its own folders git mostly ignores.
    return any(it.endswith(_MACHINE_CODE) for place in hidden.places(name) for it in hidden.ignored(place, ".*"))


def _refusing(what, name, error):
    def refuse(*_, **__):
        __tracebackhide__ = True  # The line that asked for it says more.
        raise refusal(what, error(f"`{name}` can't work in this sandbox"))

    refuse.__name__ = name.rpartition(".")[2]
    return refuse


def _no_system(message):
    return OSError(errno.ENOSYS, message)


def _no_network(message):
    return OSError(errno.ENETUNREACH, message)
