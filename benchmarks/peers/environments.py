"""A virtual environment a product, made once; how large each is."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from products import Product, python_of


class Installed(NamedTuple):
    """A product that can be started. seconds: that installing took; None if it was there."""

    venv: Path
    version: str
    size_bytes: int
    distributions: int
    seconds: float | None


_VERSION = """
import importlib.metadata, sys
print(importlib.metadata.version(sys.argv[1]), len(list(importlib.metadata.distributions())))
"""


def install(product: Product, place: Path) -> Installed:
    """Install a product below `place`, unless it is there, by pip or, where it is, uv."""
    venv = place / product.name.lower()
    seconds = None
    if not python_of(venv).exists():
        began = time.monotonic()
        _install(product, venv)
        seconds = time.monotonic() - began
    name = "spanlake" if product.name == "Spanlake" else product.requirement.partition("==")[0]
    told = subprocess.check_output([python_of(venv), "-c", _VERSION, name], text=True).split()
    return Installed(venv, told[0], size_of(venv), int(told[1]), seconds)


def _install(product: Product, venv: Path) -> None:
    uv = shutil.which("uv")
    if uv is not None:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, venv], check=True)
        command = [uv, "pip", "install", "-q", "-p", str(venv), product.requirement]
    else:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        command = [str(python_of(venv)), "-m", "pip", "install", "-q", product.requirement]
    subprocess.run(command, check=True)


def size_of(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(
        file.lstat().st_size for file in folder.rglob("*") if file.is_file() or file.is_symlink()
    )
