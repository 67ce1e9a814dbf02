#!/usr/bin/python3
"""One instance of the platform: the WebSockets of the page, and health. PORT, REDIS_URL, INSTANCE_ID, AUTH_TOKEN and
DOCKER_SOCKET are its settings (README.md)."""
import asyncio
import os
import secrets
import socket

import uvicorn
from fastapi import FastAPI, Response, WebSocket, WebSocketDisconnect
from redis import RedisError, asyncio as redis

from connections import Connection, Connections
from streams import Docker, Streams, end, log_channel

TOKEN = os.environ.get("AUTH_TOKEN", "")

app = FastAPI(title="Platform")
connections = Connections(redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True),
                          os.environ.get("INSTANCE_ID", socket.gethostname()))
streams = Streams(connections, Docker(os.environ.get("DOCKER_SOCKET", "/var/run/docker.sock")))
tasks = []


@app.on_event("startup")
async def start():
    work = (connections.listen(), connections.keep_keys(), connections.beat(), streams.monitor())
    tasks.extend(asyncio.create_task(each) for each in work)


@app.on_event("shutdown")
async def stop():
    for each in tasks:
        await end(each)


async def serve(websocket, channel, container=None, tail=None):
    """Until the client goes: first the last lines, where a `tail` is wanted, then what is published."""
    connection = Connection(websocket, channel, replayed=tail is not None)
    try:
        await connections.add(connection)
        if tail is not None:
            streams.follow(container)
            await connection.replay(streams.docker.log(container, tail=tail))
        while True:
            await websocket.receive_text()  # nothing but pongs
    except WebSocketDisconnect:
        pass
    finally:
        await connections.remove(connection)
        if tail is not None:
            await streams.unfollow(container)


async def accepted(websocket):
    if TOKEN and not secrets.compare_digest(websocket.query_params.get("token", ""), TOKEN):
        await websocket.close(1008)  # before it is accepted: a 403
        return False
    await websocket.accept()
    return True


async def known(websocket, name):
    """The container's full id, once the client is accepted; None where it is refused."""
    if not await accepted(websocket):
        return None
    container = await streams.docker.id_of(name)
    if container is None:
        await websocket.send_json({"type": "error", "data": f"No such container: {name}"})
        await websocket.close(4004)
    return container


@app.websocket("/ws/containers/{name}/logs")
async def logs(websocket: WebSocket, name: str, tail: int = 100):
    if container := await known(websocket, name):
        await serve(websocket, log_channel(container), container, tail)


@app.websocket("/ws/containers/{name}/events")
async def container_events(websocket: WebSocket, name: str):
    if container := await known(websocket, name):
        await serve(websocket, f"container:events:{container}")


@app.websocket("/ws/events")
async def events(websocket: WebSocket):
    if await accepted(websocket):
        await serve(websocket, "docker:events")


@app.websocket("/ws/channels/{channel}")
async def channels(websocket: WebSocket, channel: str):
    if await accepted(websocket):
        await serve(websocket, channel)


async def redis_answers():
    try:
        return await connections.redis.ping()
    except RedisError:
        return False


@app.get("/health/websocket")
async def health():
    connected = await redis_answers()
    checks = {"redis_connected": connected, "active_connections": len(connections.all()),
              "active_channels": len(connections.channels), "pubsub_active": connections.listening}
    return {"status": "healthy" if connected and connections.listening else "degraded", "checks": checks}


@app.get("/health/ready")
async def ready(response: Response):
    if await redis_answers():
        return {"status": "ready"}
    response.status_code = 503
    return {"status": "redis does not answer"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), log_level="warning")
