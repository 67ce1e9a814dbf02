"""Which Node builds and tests web/: the machine's, or the one that tools/setup fetched because that is too old."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def use():
    """Puts it first in this process' PATH, and so in that of its children."""
    for folder in ROOT.glob("build/node/node_modules/node-linux-*/bin"):
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
