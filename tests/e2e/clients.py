#!/usr/bin/python3
"""Every command of docs/clients.md, as it stands there, against an instance: curl, and python3 -m websockets."""
import asyncio

from client_commands import by_websockets, downloaded, listed, watched
from curl_follower import CurlFollower
from documented import Here
from support import COUNTING, ENGINES, Container, Instance, check, until

# The two pages are run by browser.py.
BLOCKS = {"token", "list", "one", "download", "events", "events-resumed", "lines", "lines-resumed", "health",
          "metrics", "websocket", "websocket-commands", "commands", "eventsource", "websocket-page"}
WORDS = [f"o {i}" for i in range(100)]


def with_a_token(engine, container):
    instance = Instance(engine, "token", DOCKCAST_TOKEN="a-token")
    here = Here(instance.port, container)
    refused = here.run("token")
    check('"unauthorized"' in refused, f"without the token it is refused: {refused}")
    here.environment["DOCKCAST_TOKEN"] = "a-token"
    check(container.id in here.run("token"), "with it the containers are listed")
    instance.stop()


async def streams(instance, container):
    """Both are cut by the end of the instance, go on with the next one, and have all of the log's end."""
    followers = [CurlFollower(instance.port, container, form) for form in ("events", "lines")]
    tasks = [asyncio.create_task(each.run()) for each in followers]
    await until("lines", lambda: all(len(each.lines["o"]) > 20 for each in followers), 60)
    await asyncio.to_thread(instance.signal, 15)
    await asyncio.to_thread(instance.process.wait)
    counts = [len(each.lines["o"]) for each in followers]
    await asyncio.to_thread(instance.start)
    await until("more lines", lambda: all(len(each.lines["o"]) > n for each, n in zip(followers, counts)), 60)
    await asyncio.to_thread(container.docker, "kill", container.name)
    await until("the end of the log", lambda: all(each.statuses[-1:] == ["stopped"] for each in followers), 60)
    for task in tasks:
        task.cancel()
    for each in followers:
        print(f"{each.form}: {each}")
        check(each.exact() and each.cuts and each.ends_as(container), f"{each.form} are not exact: {each}")
    await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    instance = Instance(engine, "clients")
    with Container(engine, f"i=0; while [ $i -lt {len(WORDS)} ]; do echo o $i; i=$((i+1)); done; sleep 3600") as quiet:
        here = Here(instance.port, quiet)
        check(set(here.shown) == BLOCKS, f"docs/clients.md has other blocks: {set(here.shown) ^ BLOCKS}")
        await until("it has spoken", lambda: len(quiet.logs()["o"]) == len(WORDS))
        listed(here)
        downloaded(here)
        watched(here)
        by_websockets(here, WORDS)
        with_a_token(engine, quiet)
    with Container(engine, COUNTING) as counting:
        await streams(instance, counting)
    instance.stop()


if __name__ == "__main__":
    asyncio.run(main())
