"""Run behind the outer wall by the tests: a keeper for each snippet of student code.

A job is one line of JSON on the descriptor named by the first argument, the answer another:

    {"code": ..., "limits": {...}, "isolate": true, "then": "" or "kill" or "close" or "slay"}
    {"out": what the snippet printed, "said": what the keeper said}

`then` is done once the snippet has printed a line: say `kill`, close the control socket, or kill
the keeper. The second argument is the seccomp program, the third where the package lies; the others
are modules that are imported first.
"""

import importlib
import json
import os
import signal
import socket
import sys


def student(code, talk):
    def run():
        out = os.fdopen(talk, "w", buffering=1)

        def say(*words):
            print(*words, file=out)

        try:
            exec(code, {"print": say, "__name__": "__main__", "talk": talk})
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=out)

    return run


def begin(job, program, talk, control, others):
    """Fork a keeper, and return how to wait for it and how to kill it."""
    from course.grading.sandbox.keeper import Keeper
    from course.grading.sandbox.limits import Limits

    process = os.fork()
    if process == 0:
        for descriptor in others:
            os.close(descriptor)
        keeper = Keeper(Limits(**job["limits"]), program, job["isolate"])
        keeper.start(student(job["code"], talk), control, [talk])
        os.close(talk)
        keeper.wait_for()
        os._exit(0)
    control.close()
    return lambda: os.waitpid(process, 0), lambda: os.kill(process, signal.SIGKILL)


def examine(job, program):
    ours, keepers = socket.socketpair()
    hear, talk = os.pipe()
    wait, slay = begin(job, program, talk, keepers, [ours.fileno(), hear])
    os.close(talk)
    with os.fdopen(hear) as out, ours, ours.makefile() as said:
        if job["then"]:
            answer = out.readline()
            if job["then"] == "kill":
                ours.sendall(b"kill\n")
            elif job["then"] == "close":
                ours.shutdown(socket.SHUT_WR)  # the same for the keeper, and its answer is heard
            elif job["then"] == "slay":
                slay()
        else:
            answer = ""
        wait()
        return {"out": answer + out.read(), "said": said.read().splitlines()}


def main():
    number, program, package, *modules = sys.argv[1:]
    sys.path.insert(0, package)
    for name in modules:
        importlib.import_module(name)
    with socket.socket(fileno=int(number)) as talk, talk.makefile("rw") as jobs:
        for line in jobs:
            answer = examine(json.loads(line), bytes.fromhex(program))
            print(json.dumps(answer), file=jobs, flush=True)


if __name__ == "__main__":
    main()
