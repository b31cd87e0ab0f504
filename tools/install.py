"""Make .venv and install a requirements file into it.

    python3 tools/install.py requirements.txt

PyPI's torch for Linux brings gigabytes of CUDA. Where no NVIDIA GPU is found, torch alone is taken
from PyTorch's CPU index first, if that index answers within seconds; pip prefers its 2.13.0+cpu to
2.13.0, and everything else comes from where pip is set up to look.

Only the standard library, in syntax that an old Python can still read far enough to be told so.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
SECONDS_TO_ANSWER = 3

VENV = Path(".venv")
VENV_PYTHON = str(VENV / "bin" / "python")
FOLDER = VENV / ".folder"  # says where it was built: a copied or moved one cannot be used


def main(requirements):
    stop_where_python_will_not_do()
    if not usable():
        say("Making .venv with Python {}.{}.{}".format(*sys.version_info[:3]))
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        FOLDER.write_text(os.getcwd() + "\n", encoding="utf-8")
    take_cpu_build_of_torch(pinned_torch())
    say("Installing " + requirements + " into .venv (the first time, this takes minutes)")
    pip("-r", requirements, check=True)


def stop_where_python_will_not_do():
    if sys.version_info < (3, 11):
        sys.exit(
            "The course needs Python 3.11 or newer and {} is {}.{}: give make another one, "
            "as in  make PYTHON=python3.13 demo".format(sys.executable, *sys.version_info[:2])
        )
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        sys.exit(
            "{} cannot make virtual environments: install its venv module "
            "(Debian and Ubuntu: sudo apt-get install python3-venv).".format(sys.executable)
        )


def usable():
    """Whether .venv is there, was built in this very folder, and starts."""
    if not FOLDER.is_file() or FOLDER.read_text(encoding="utf-8").strip() != os.getcwd():
        return False
    return os.path.exists(VENV_PYTHON) and subprocess.run([VENV_PYTHON, "-c", ""]).returncode == 0


def take_cpu_build_of_torch(pin):
    if not sys.platform.startswith("linux") or nvidia_gpu() or installed_torch() == pin:
        return
    if not answers(CPU_INDEX + "/torch/", SECONDS_TO_ANSWER):
        say("PyTorch's CPU index does not answer: torch comes from where pip is set up to look")
        return
    say("No NVIDIA GPU here: taking the CPU build of torch, without CUDA")
    if pip("--no-deps", "--extra-index-url", CPU_INDEX, "torch==" + pin).returncode != 0:
        say("That did not work: torch comes from where pip is set up to look")


def pinned_torch():
    return re.search(r"^torch==(\S+)", Path("requirements.txt").read_text("utf-8"), re.M).group(1)


def nvidia_gpu():
    return os.path.exists("/proc/driver/nvidia/version") or bool(shutil.which("nvidia-smi"))


def installed_torch():
    """The version of torch in .venv without its +cpu or +cu130, empty where there is none."""
    ask = "import importlib.metadata as m; print(m.version('torch'))"
    answer = subprocess.run([VENV_PYTHON, "-c", ask], capture_output=True, text=True)
    return answer.stdout.strip().partition("+")[0]


def answers(url, seconds):
    """Whether the address answers in time; in a thread, since looking up a name may take longer."""
    answered = []

    def ask():
        try:
            with urllib.request.urlopen(url, timeout=seconds):
                answered.append(True)
        except Exception:  # whatever the reason, the index is then not used
            pass

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(answered)


def pip(*arguments, check=False):
    command = [VENV_PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    return subprocess.run(command + list(arguments), check=check)


def say(line):
    print("==> " + line, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except subprocess.CalledProcessError as error:
        sys.exit("Stopped: `{}` failed; its reason is above.".format(" ".join(error.cmd)))
