"""Looks at processes by /proc: whose they are, what they hold, and which have nobody."""

import os
import resource
from collections import namedtuple

Process = namedtuple("Process", "id parent name state started variables")


def table(folder):
    """All processes whose executable is in a folder, and PostgreSQL's, by their identifiers."""
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
    """The processes that a process has started, and those that these have started."""
    found, rest = [], [root]
    while rest:
        parent = rest.pop()
        children = [process.id for process in processes.values() if process.parent == parent]
        found += children
        rest += children
    return found


def kind(process, processes, dispatch):
    """What a process is to the runner, or None."""
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
    """How many descriptors a process has open; 0 when it has ended."""
    try:
        return len(os.listdir(f"/proc/{process}/fd"))
    except OSError:
        return 0


def limit_descriptors(process, limits):
    """Sets how many descriptors a process may open, as (soft, hard), unless that is None. Returns what it was before;
    None when the process has ended."""
    try:
        return resource.prlimit(process, resource.RLIMIT_NOFILE, *([limits] if limits else []))
    except (OSError, ValueError):
        return None
