"""What the documents show, as it is run: named blocks, with this test's ports, containers and positions put in."""
import os
import pathlib
import re
import subprocess
import tempfile

from support import SLOW, check

DOCS = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", ".")) / "docs"
# ```language name
BLOCK = re.compile(r"^```\w+ ([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page):
    """The named blocks of a page, by name."""
    found = BLOCK.findall((DOCS / page).read_text())
    named = dict(found)
    check(named and len(named) == len(found), f"{page}: {len(found)} blocks have {len(named)} names")
    return named


def put(text, old, new):
    """Each `old` replaced, of which there must be one."""
    check(old in text, f"there is no {old} in {text}")
    return text.replace(old, str(new))


class Here:
    """Where the commands of clients.md are run: against a port, for a container."""

    def __init__(self, port, container):
        self.port, self.container = port, container
        self.shown = blocks("clients.md")
        self.folder = tempfile.TemporaryDirectory(prefix="e2e-docs-")
        # Debian's python3, which has websockets, and no proxy but those that the test starts.
        self.environment = dict(os.environ, PATH="/usr/bin:" + os.environ["PATH"], no_proxy="*", PYTHONUNBUFFERED="1")

    def text(self, name, position=None):
        text = self.shown[name].replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        text = re.sub(r"(containers/|container:logs:)web\b", lambda found: found[1] + self.container.name, text)
        return put(text, "p1.…", position) if position else text

    def start(self, name, position=None, **options):
        """The command, as a process that is the command itself and not its shell."""
        return subprocess.Popen(["bash", "-c", "exec " + self.text(name, position)], cwd=self.folder.name,
                                env=self.environment, stdout=subprocess.PIPE, **options)

    def run(self, name):
        """What the command prints, in the end."""
        process = self.start(name, stdin=subprocess.DEVNULL)
        try:
            printed, _ = process.communicate(timeout=60 * SLOW)
        except subprocess.TimeoutExpired:
            process.kill()
            check(False, f"{self.text(name)} does not end")
        check(process.returncode == 0, f"{self.text(name)} ends with {process.returncode}: {printed[:300]}")
        return printed.decode()

    def file(self, name):
        return (pathlib.Path(self.folder.name) / name).read_bytes()


def end(process):
    process.terminate()
    try:
        process.wait(30 * SLOW)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
