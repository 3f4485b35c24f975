"""Inspects processes through /proc: their parents, memory and descriptors."""

import os
import resource
from collections import namedtuple

Process = namedtuple("Process", "id parent name state started variables")


def table(folder):
    """Returns all processes whose executable is in a folder, and PostgreSQL's, by their ids."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                head, _, rest = file.read().rpartition(")")
            words = rest.split()
            state, parent, started = words[0], int(words[1]), int(words[19])
            if state == "Z":
                program, variables = head.partition("(")[2], b""
            else:
                path = os.readlink(f"/proc/{name}/exe").removesuffix(" (deleted)")
                program = os.path.basename(path)
                if os.path.dirname(path) != folder and program != "postgres":
                    continue
                with open(f"/proc/{name}/environ", "rb") as file:
                    variables = file.read()
        except OSError:
            continue
        found[int(name)] = Process(int(name), parent, program, state, started, variables)
    return found


def descendants(processes, root):
    """Returns the processes that a process has started, directly or indirectly."""
    found, rest = [], [root]
    while rest:
        parent = rest.pop()
        children = [process.id for process in processes.values() if process.parent == parent]
        found += children
        rest += children
    return found


def kind(process, processes, dispatch):
    """Returns the role of a process for the runner, or None."""
    if process.state == "Z":
        return None
    parent = processes.get(process.parent)
    if process.name == "postgres":
        return None if parent is None else "postgres"
    if process.name == "local-runner" or parent is None:
        return None
    is_first = parent.name == "local-runner"
    if process.name == "scheduled-jobs":
        return "worker" if is_first else "job"
    if is_first:
        return "template" if dispatch == "isolated" else "function"
    grandparent = processes.get(parent.parent)
    is_served = dispatch == "isolated" and grandparent is not None and grandparent.name == "local-runner"
    return "function" if is_served else "job"


def descriptors(process):
    """Returns the number of open descriptors of a process; 0 if it has ended."""
    try:
        return len(os.listdir(f"/proc/{process}/fd"))
    except OSError:
        return 0


def limit_descriptors(process, limits):
    """Changes the limit of open descriptors of a process to `limits`, a pair (soft, hard), unless that is None. Returns
    the previous limit; None if the process has ended."""
    try:
        return resource.prlimit(process, resource.RLIMIT_NOFILE, *([limits] if limits else []))
    except (OSError, ValueError):
        return None
