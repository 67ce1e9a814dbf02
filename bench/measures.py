"""What is measured: each function runs one server once and returns what it saw; the number that counts among it."""
import json
import os
import re
import statistics
import subprocess
import time

from measured import LOAD_CORE, Failure, cpu_s


def per_delivery(run, lines, rate):
    """Collects, with the server's CPU for it."""
    before = run.cpu_s()
    seen = run.collect(lines, rate)
    seen["cpu_us"] = (run.cpu_s() - before) * 1e6 / max(1, seen["deliveries"])
    return seen


def paced(bench, server, shape):
    """CPU of the server per delivered line at a steady pace, after a warm-up."""
    with bench.start(server, channels=shape["channels"]) as run:
        run.connect(shape["connections"])
        run.collect(max(1, shape["warm_up_s"] * shape["rate"]), rate=shape["rate"])
        return per_delivery(run, shape["seconds"] * shape["rate"], shape["rate"])


def burst(bench, server, shape):
    """Lines that stand in the log all at once: how fast they reach everybody."""
    with bench.start(server, channels=1) as run:
        run.connect(shape["connections"])
        run.collect(shape["warm_up_lines"], rate=0)
        return per_delivery(run, shape["lines"], 0)


def flood(bench, server, shape):
    """One container that prints as fast as it can, one client, or one plain reader in its place."""
    engine = shape.get("engine")
    if engine:
        engine.run_printer(shape["lines"], bench.line_bytes, 0)
    with bench.start(server, channels=1, engine=engine) as run:
        run.connect(1)
        before = engine.cpu_s() if engine else cpu_s(run.engine.process.pid)
        seen = per_delivery(run, shape["lines"], 0)
        after = engine.cpu_s() if engine else cpu_s(run.engine.process.pid)
        seen["engine_us"] = (after - before) * 1e6 / shape["lines"]
        return seen


def latency(bench, server, shape):
    """From the container's write to the client, beside a plain reader of the same lines; the number is the difference
    of the medians."""
    engine = shape.get("engine")
    lines = shape["rate"] * shape["seconds"]
    if engine:
        engine.run_printer(lines, bench.line_bytes, shape["rate"])
    with bench.start(server, channels=1, engine=engine) as run:
        run.connect(shape["connections"])
        run.read_plainly_too()
        seen = run.collect(lines, shape["rate"])
        seen["added_us"] = seen["p50_us"] - seen["plain"]["p50_us"]
        return seen


def redis_latency(bench, server, shape):
    """The median at a client of a relay less that at a client of the instance that reads, of the same lines."""
    with bench.start(server, channels=1) as run:
        run.connect(shape["connections"])
        run.follow_the_reader_too()
        seen = run.collect(shape["rate"] * shape["seconds"], shape["rate"])
        seen["added_us"] = seen["p50_us"] - seen["plain"]["p50_us"]
        return seen


def publications(bench, server, shape):
    """Lines for each PUBLISH, where more stand in the log than are read at a time."""
    with bench.start(server, channels=1) as run:
        run.connect(shape["connections"])
        before = run.publications()
        seen = per_delivery(run, shape["lines"], 0)
        seen["lines_per_publish"] = shape["lines"] / (run.publications() - before)
        return seen


def instances(bench, server, shape):
    """CPU of one relay and of Redis for a line, among so many instances."""
    with bench.start(server, channels=1) as run:
        run.connect(shape["connections"])
        run.collect(shape["rate"], rate=shape["rate"])
        before, redis_before = run.cpu_s(), run.redis_cpu_s()
        lines = shape["seconds"] * shape["rate"]
        seen = run.collect(lines, shape["rate"])
        seen["relay_us"] = (run.cpu_s() - before) * 1e6 / lines
        seen["redis_us"] = (run.redis_cpu_s() - redis_before) * 1e6 / lines
        return seen


def publishing(bench, server, shape):
    """CPU of Redis and of the server for a message that is published, and how many a second, one client asking."""
    with bench.start(server, channels=1) as run:
        run.print(shape["messages"] // 10, 0, 60)
        before, redis_before, begun = run.cpu_s(), run.redis_cpu_s(), time.monotonic()
        run.print(shape["messages"], 0, 60)
        seconds = time.monotonic() - begun
        return {"redis_us": (run.redis_cpu_s() - redis_before) * 1e6 / shape["messages"],
                "server_us": (run.cpu_s() - before) * 1e6 / shape["messages"],
                "per_s": shape["messages"] / seconds}


def idle(bench, server, shape):
    """Memory of the server process for subscribed connections on which nothing happens."""
    with bench.start(server, channels=1) as run:
        points = []
        for connections in shape["steps"]:
            run.connect(connections)
            time.sleep(shape["settle_s"])
            points.append((connections, run.memory()))
        return {"rss": slope([(n, m["Rss"]) for n, m in points]), "points": [[n, m["Rss"]] for n, m in points]}


def slope(points):
    """Bytes per connection by least squares: what the first connections cost once is not counted."""
    mean_x = statistics.mean(x for x, _ in points)
    mean_y = statistics.mean(y for _, y in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


def handshakes(bench, server, shape):
    """CPU of the server per WebSocket that is opened and gone."""
    with bench.start(server, channels=1) as run:
        tls = ["--tls"] if server.endswith("tls") else []
        shaking = ["taskset", "-c", str(LOAD_CORE), bench.program("shake"), "--port", str(run.port), *tls, "--count"]
        subprocess.run([*shaking, str(shape["count"] // 10)], check=True, capture_output=True)
        before = run.cpu_s()
        done = subprocess.run([*shaking, str(shape["count"])], capture_output=True, text=True)
        used = run.cpu_s() - before
        if done.returncode:
            raise Failure(f"bench_shake: {done.stderr}")
        seen = json.loads(done.stdout)
        seen["gone"] = seen["failed"]
        seen["cpu_us"] = used * 1e6 / max(1, seen["handshakes"])
        seen["per_core_s"] = 1e6 / seen["cpu_us"]
        return seen


def instructions(bench, server, shape):
    """Instructions in user mode per delivered line, counted by callgrind: what noise cannot hide."""
    folder = os.path.join(bench.build, "callgrind")
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        os.unlink(os.path.join(folder, old))
    out = os.path.join(folder, "out")
    before = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", "--instr-atstart=no"]
    with bench.start(server, channels=shape["channels"], before=before) as run:
        run.connect(shape["connections"])
        run.collect(shape["rate"], rate=shape["rate"])
        control = ["callgrind_control", str(run.server.pid)]
        subprocess.run([*control, "-i", "on"], check=True, capture_output=True)
        seen = run.collect(shape["seconds"] * shape["rate"], rate=shape["rate"])
        subprocess.run([*control, "-i", "off"], check=True, capture_output=True)
        subprocess.run([*control, "-d"], check=True, capture_output=True)
        seen["instructions"] = counted(folder) / max(1, seen["deliveries"])
        return seen


def counted(folder):
    """The sum over the dumps that callgrind left."""
    total = 0
    for name in os.listdir(folder):
        with open(os.path.join(folder, name)) as file:
            total += sum(map(int, re.findall(r"^totals: (\d+)", file.read(), re.MULTILINE)))
    return total
