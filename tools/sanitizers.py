"""What sanitizers report while a test runs.

A report must fail the test whichever process makes it: one that was started by a script and whose exit code and output
nobody reads, or one that is killed a moment later. So every process of a test writes its reports into files of its own,
BUILD/tests/NAME.report.PID, and the runner looks for them.
"""
import re

# What tests/canary.cpp can do wrong that the sanitizer of a build must see.
FAULTS = {"address": ("overflow", "undefined", "leak"), "thread": ("race",)}
OPTIONS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1",
}


class Reports:
    """The reports of one test; those of its last run are removed."""

    def __init__(self, log):
        self.prefix = log.with_suffix(".report")
        for old in self.files():
            old.unlink()

    def files(self):
        return sorted(self.prefix.parent.glob(self.prefix.name + ".*"))

    def environment(self, ours):
        """`ours`, with options for the sanitizers; what the user has set comes last and wins."""
        added = {name: f"{options}:log_path={self.prefix}:{ours.get(name, '')}" for name, options in OPTIONS.items()}
        return dict(ours, **added)


def faults(build):
    """The names of the faults that this build must report; none where it is not sanitized."""
    cache = (build / "CMakeCache.txt").read_text()
    chosen = re.search(r"^DOCKCAST_SANITIZE:\w+=(\w*)$", cache, re.M)
    return FAULTS.get(chosen[1], ()) if chosen else ()
