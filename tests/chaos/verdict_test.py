#!/usr/bin/python3
"""The checker of chaos runs finds what it must find: each mistake in a record of ten lines, by its name."""
import sys

sys.dont_write_bytecode = True
from verdict import compare  # noqa: E402

TRUTH = list(range(100, 110))
CASES = {
    "all of it": (TRUTH, {"lines": 10}, set()),
    "one missing": (TRUTH[:4] + TRUTH[5:], {"lines": 9, "missing": 1}, set()),
    "the first missing": (TRUTH[1:], {"lines": 9, "missing": 1}, set()),
    "the last two missing": (TRUTH[:8], {"lines": 8, "missing": 2}, set()),
    "nothing at all": ([], {"missing": 10}, set()),
    "one twice": (TRUTH[:5] + TRUTH[4:], {"lines": 10, "twice": 1}, set()),
    "two that changed places": (TRUTH[:4] + [105, 104] + TRUTH[6:],
                                {"lines": 9, "missing": 1, "out of order": 1}, set()),
    "a line of nobody": (TRUTH[:4] + [7] + TRUTH[4:], {"lines": 10, "not in the log": 1}, set()),
    "a gap that is told": (TRUTH[:4] + [-1] + TRUTH[6:], {"lines": 8, "in gaps": 2}, {1}),
    "a gap where nothing is missing": (TRUTH[:4] + [-1] + TRUTH[4:], {"lines": 10}, set()),
    "a gap that covers one of two holes": (TRUTH[:2] + [-1] + TRUTH[3:6] + TRUTH[7:],
                                           {"lines": 8, "in gaps": 1, "missing": 1}, {1}),
    "a gap at the end": (TRUTH[:9] + [-1], {"lines": 9, "in gaps": 1}, {1}),
}

failed = 0
for name, (record, wanted, explained) in CASES.items():
    tally, covering = compare(record, TRUTH)
    found = {what: count for what, count in tally.items() if count}
    if found != wanted or covering != explained:
        print(f"FAILED: {name}: found {found} and gaps {covering}, wanted {wanted} and {explained}")
        failed += 1
print(f"{len(CASES) - failed} passed, {failed} failed")
sys.exit(failed > 0)
