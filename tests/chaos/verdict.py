"""Judges a chaos run: each client's record beside what the Engine wrote, and what the instances used."""
import collections

EXPLAINED = {"rotated"}  # by faults that kept everybody from a log that rotates; nothing else destroys a source here
DESCRIPTORS_SPARE, MEMORY_SPARE_KIB = 64, 64 * 1024
AT_REST_SPARE = 8


class Tally(collections.Counter):
    """What is wrong with one record, or many."""

    def __str__(self):
        return ", ".join(f"{count} {what}" for what, count in sorted(self.items()) if count)


def compare(record, truth):
    """A stream's record beside its truth: what was heard and what is wrong, and the gaps that covered something."""
    index = {number: at for at, number in enumerate(truth)}
    seen, tally, next_, gap = bytearray(len(truth)), Tally(), 0, None
    covering = set()
    for number in record:
        at = index.get(number) if number >= 0 else None
        if number < 0:
            gap = -number
        elif at is None:
            tally["not in the log"] += 1
        elif at < next_:
            tally["twice" if seen[at] else "out of order"] += 1
        else:
            if at > next_ and gap:
                covering.add(gap)
            tally["in gaps" if gap else "missing"] += at - next_
            tally["lines"] += 1
            seen[at], next_, gap = 1, at + 1, None
    tally["in gaps" if gap else "missing"] += len(truth) - next_
    if gap and next_ < len(truth):
        covering.add(gap)
    return tally, covering


def of_clients(clients, alone, faults):
    """The sum over all clients; what is wrong goes to `faults`. `alone`: there is one Engine, which every instance
    reaches."""
    total, reasons = Tally(), Tally()
    for number, client in enumerate(clients):
        name, covering = f"client {number} of {client.source.name}", set()
        for stream, truth in client.source.lines.items():
            tally, used = compare(client.record[stream], truth)
            covering |= used
            total += tally
            wrong = Tally({what: count for what, count in tally.items() if what not in ("lines", "in gaps")})
            if any(wrong.values()):
                faults.append(f"{name}, {stream}: {wrong}")
        for at, reason in enumerate(client.gaps, 1):
            reasons[reason] += 1
            if reason not in EXPLAINED or "rotating" not in client.source.name:
                faults.append(f"{name}: a gap of the reason {reason} that no fault explains")
            if at not in covering:
                faults.append(f"{name}: a gap ({reason}) where nothing is missing")
        faults += [f"{name}: {fault}" for fault in client.faults[:3]]
        if client.put_off and alone:
            faults.append(f"{name}: told {client.put_off} times that nobody reaches the only Engine")
    return total, reasons


def of_members(members, before, clients, faults):
    """Bounds: what an instance had before its first client; 64 MiB and a descriptor for each client and 64 more above
    that; and afterwards 8 descriptors more than before."""
    for each in members:
        faults += each.ended_badly
        if each.peak_kib > before["kib"] + MEMORY_SPARE_KIB:
            faults.append(f"{each.label} had {each.peak_kib} KiB, {before['kib']} before its first client")
        if each.peak_descriptors > before["descriptors"] + clients + DESCRIPTORS_SPARE:
            faults.append(f"{each.label} had {each.peak_descriptors} descriptors")
        if each.wanted and each.descriptors() > before["descriptors"] + AT_REST_SPARE:
            faults.append(f"{each.label} at rest has {each.descriptors()} descriptors, not {before['descriptors']}")


def table(rows):
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:{width}}  {value}" for name, value in rows)
