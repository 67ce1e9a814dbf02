#!/usr/bin/python3
"""The page at / in Chromium: it asks for the token, lists the containers as they come and go, follows one, and goes on
exactly where it was when its instance was killed and is back."""
import asyncio
import contextlib

from chromium import Chromium
from support import ENGINES, SLOW, Container, Instance, check

COUNTING = "i=0; while true; do echo $i; i=$((i+1)); usleep 20000; done"
STATE = "document.getElementById('state')?.textContent"
LINES = "[...document.querySelectorAll('#log span')].map(each => Number(each.textContent))"
LISTED = "[...document.querySelectorAll('nav button strong')].map(each => each.textContent)"


async def shows(page, what, expression, condition):
    """Waits until what the page makes of the expression is as it should be, and returns it."""
    for _ in range(int(600 * SLOW)):
        now = await page.evaluate(expression)
        if condition(now):
            return now
        await asyncio.sleep(0.1)  # between two looks at another process
    check(False, f"waited in vain: {what}: {str(now)[-2000:]}")


async def logged_in(page):
    await shows(page, "it asks", STATE, lambda state: state == "a token is needed")
    check(not await page.evaluate("document.getElementById('login').hidden"), "the form is there")
    for token in ("wrong", "secret"):
        await page.evaluate(f"document.getElementById('token').value = '{token}'; "
                            "document.querySelector('#login button').click()")
        if token == "wrong":
            await shows(page, "it asks again", "document.getElementById('login').hidden", lambda hidden: not hidden)
    await shows(page, "the token is taken", STATE, lambda state: state == "live")


async def followed(page, instance, engine, container):
    await shows(page, "the container is listed", LISTED, lambda names: container.name in names)
    with Container(engine, "sleep 600") as another:
        await shows(page, "another one has come", LISTED, lambda names: another.name in names)
    await shows(page, "and gone", LISTED, lambda names: another.name not in names)
    await page.evaluate("[...document.querySelectorAll('nav button')].find("
                        f"each => each.textContent.includes('{container.name}')).click()")
    before = await shows(page, "lines come", LINES, lambda lines: len(lines) > 50)
    instance.process.kill()
    await asyncio.to_thread(instance.process.wait)
    await shows(page, "it says so", STATE, lambda state: state in ("reconnecting…", "connecting…"))
    await asyncio.to_thread(instance.start)
    after = await shows(page, "they go on", LINES, lambda lines: len(lines) > len(before) + 200)
    check(after == list(range(after[0], after[0] + len(after))), f"each once and in order: {after}")
    await shows(page, "it is live", STATE, lambda state: state == "live")


async def main():
    engine = ENGINES.get("26") or next(iter(ENGINES.values()))
    instance = await asyncio.to_thread(Instance, engine, "page", DOCKCAST_AUTH="token", DOCKCAST_TOKEN="secret")
    with contextlib.closing(instance), Container(engine, COUNTING) as container:
        async with Chromium() as browser:
            page = await browser.open(f"http://127.0.0.1:{instance.port}/")
            await logged_in(page)
            await followed(page, instance, engine, container)
            other = await browser.open(f"http://127.0.0.1:{instance.port}/#token=secret")
            await shows(other, "the token of the address is taken", LISTED, lambda names: container.name in names)
            check(await other.evaluate("location.hash") == "", "and not left there")
    print("the page asked for the token, listed what came and went, and lost no line of an instance that was killed")


asyncio.run(main())
