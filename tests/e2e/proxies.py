#!/usr/bin/python3
"""nginx and HAProxy in front, configured as deploy/ has it: what is direct is the same through them, each line
comes at once, and followers go on after the proxy was killed."""
import asyncio
import subprocess

from client_commands import Typed, by_websockets, downloaded, listed, watched
from curl_follower import CurlFollower
from documented import Here, blocks, end
from proxy_processes import HaProxy, Nginx
from support import ENGINES, Container, Cutter, Follower, Instance, check, until

SLOW_COUNTING = 'i=0; while true; do echo "o $i"; echo "e $i" >&2; i=$((i+1)); usleep 20000; done'
WORDS = [f"o {i}" for i in range(100)]
# Speaks when it is told to.
QUIET = f"i=0; while [ $i -lt {len(WORDS)} ]; do echo o $i; i=$((i+1)); done; sleep 3600"
KILLS = 3
SITE = "logs.example.com"


def status(port, path, *headers):
    command = ["curl", "-sS", "--noproxy", "*", "--max-time", "30", "-o", "/dev/null", "-w", "%{http_code}"]
    for header in headers:
        command += ["-H", header]
    return subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True,
                          check=False).stdout


def the_site_is_its_own(proxy, container):
    """The Host reaches dockcast: it knows its own pages from others', and which names it has."""
    check(status(proxy.port, "/api/containers", f"Host: {SITE}") == "200", "a name that is allowed is answered")
    check(status(proxy.port, "/api/containers", "Host: other.example.com") == "421", "another one is not")
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    path = f"/ws/containers/{container.name}/logs"
    for host, origin, wanted in ((SITE, f"http://{SITE}", "101"), (SITE, "http://other.example.com", "403"),
                                 (f"{SITE}:8080", f"http://{SITE}:8080", "101"),
                                 (f"{SITE}:8080", f"http://{SITE}:8081", "403")):
        got = status_of_upgrade(proxy.port, path, f"Host: {host}", f"Origin: {origin}", *upgrade)
        check(got == wanted, f"a page of {origin} that asks {host} is answered with {got}")


def status_of_upgrade(port, path, *headers):
    """curl would wait for the end of a WebSocket: it is ended when the first line is there."""
    command = ["curl", "-sSi", "-N", "--noproxy", "*", "--max-time", "30"]
    for header in headers:
        command += ["-H", header]
    process = subprocess.Popen([*command, f"http://127.0.0.1:{port}{path}"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    line = process.stdout.readline().decode().split()
    end(process)
    process.stdout.close()
    return line[1] if len(line) > 1 else "nothing"


async def at_once(proxy, container):
    """Nothing follows a line, so that whoever waits for more of them keeps it for ever."""
    followers = [CurlFollower(proxy.port, container, form) for form in ("events", "lines")]
    followers.append(Follower([proxy.port], container, query="tail=100"))
    tasks = [asyncio.create_task(each.run()) for each in followers]
    typed, heard = Typed(Here(proxy.port, container), "websocket"), []
    for word in (WORDS[-1], "o 100", "o 101"):
        if word != WORDS[-1]:
            await asyncio.to_thread(container.docker, "exec", container.name, "sh", "-c", f"echo {word} >/proc/1/fd/1")
        await until(lambda w=word: f"{w} in {', '.join(str(each.lines['o'][-1:]) for each in followers)}",
                    lambda w=word: all(each.lines["o"][-1:] == [w] for each in followers), 60)
        while heard[-1:] != [word]:
            heard.append((await asyncio.to_thread(typed.hear)).get("data"))
    await asyncio.to_thread(typed.close)
    await leave(tasks)
    check(all(each.exact() and not each.cuts for each in followers), f"{[str(each) for each in followers]}")


async def leave(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def killed(proxy, container):
    followers = {form: CurlFollower(proxy.port, container, form) for form in ("events", "lines")}
    followers["websocket"] = Follower([proxy.port], container, query="tail=100")
    tasks = [asyncio.create_task(each.run()) for each in followers.values()]
    for _ in range(KILLS):
        counts = {form: len(each.lines["e"]) for form, each in followers.items()}
        await until("lines between two kills", lambda counts=counts: all(
            len(each.lines["e"]) > counts[form] + 20 for form, each in followers.items()), 60)
        cuts = {form: each.cuts for form, each in followers.items()}
        await asyncio.to_thread(proxy.kill)
        await until("all are cut", lambda cuts=cuts: all(
            each.cuts > cuts[form] for form, each in followers.items()), 60)
        await asyncio.to_thread(proxy.start)
    counts = {form: len(each.lines["e"]) for form, each in followers.items()}
    await until("lines after the last kill", lambda: all(
        len(each.lines["e"]) > counts[form] for form, each in followers.items()), 60)
    await asyncio.to_thread(container.docker, "kill", container.name)
    await until("the end of the log", lambda: all(
        each.statuses[-1:] == ["stopped"] for each in followers.values()), 60)
    await leave(tasks)
    last = {stream: lines[-1].decode() for stream, lines in container.logs().items()}
    for form, each in followers.items():
        print(f"{proxy.name}, {KILLS} kills, {form}: {each}")
        check(each.exact() and all(each.lines[stream][-1] == last[stream] for stream in last),
              f"through {proxy.name} {form} are not exact, or do not end with {last}: {each}")


def plain_commands(proxy, container):
    here = Here(proxy.port, container)
    listed(here)
    downloaded(here)
    watched(here)
    by_websockets(here, WORDS)


async def through(kind, engine, quiet):
    variable, value = blocks("proxies.md")["instance"].split()[0].split("=")
    instance = await asyncio.to_thread(Instance, engine, kind.name, **{variable: value})
    asked = await Cutter("127.0.0.1", instance.port).listen()
    with await asyncio.to_thread(kind, asked.port) as proxy:
        await asyncio.to_thread(plain_commands, proxy, quiet)
        await asyncio.to_thread(the_site_is_its_own, proxy, quiet)
        versions = {request.rsplit(" ", 1)[1] for request in asked.requests if " /api/" in request}
        check(versions == {proxy.speaks}, f"{proxy.name} speaks {versions} to /api")
        with await asyncio.to_thread(Container, engine, QUIET) as speaker:
            await at_once(proxy, speaker)
        with await asyncio.to_thread(Container, engine, SLOW_COUNTING) as counting:
            await killed(proxy, counting)
    await asyncio.to_thread(instance.stop)


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    with Container(engine, QUIET) as quiet:
        await until("it has spoken", lambda: len(quiet.logs()["o"]) == len(WORDS))
        for kind in (Nginx, HaProxy):
            await through(kind, engine, quiet)


if __name__ == "__main__":
    asyncio.run(main())
