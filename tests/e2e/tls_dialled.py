#!/usr/bin/python3
"""TLS to a real dockerd that asks for a certificate, by the environment and by a context; and to a real Redis."""
import asyncio
import json
import os
import pathlib
import subprocess
import tempfile

import websockets

from certificates import Certificates
from support import ENGINES, SLOW, Container, Instance, check, free_port, until

BURST = 'i=0; while [ $((i = i + 1)) -le 20000 ]; do echo "o $i"; done; echo end; sleep 600'


class TlsEngine:
    """A dockerd that listens on loopback with TLS, and asks for a certificate."""

    def __init__(self, certificates, folder):
        certificates.issue("engine", "IP:127.0.0.1")
        self.port, self.folder = free_port(), str(folder)
        options = dict(os.environ, ENGINE_TLS=f"{certificates.folder}:{self.port}")
        self.unix = self.tool("start", "20", self.folder, env=options).strip().split("=", 1)[1]
        self.tool("image", self.folder)
        self.tcp = f"tcp://127.0.0.1:{self.port}"

    @staticmethod
    def tool(*words, env=None):
        script = pathlib.Path(os.environ.get("DOCKCAST_TEST_SOURCE", ".")) / "tools/engine"
        done = subprocess.run([script, *words], env=env, capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"tools/engine {words}: {done.stderr}")
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tool("stop", self.folder)


async def follows(container, **settings):
    instance = Instance(settings.pop("engine", ""), "reader", **settings)
    url = f"ws://127.0.0.1:{instance.port}/ws/containers/{container.id}/logs"
    lines = []
    async with websockets.connect(url, subprotocols=["dockcast.v1"], max_size=None) as client:
        while lines[-1:] != ["end"]:
            message = json.loads(await asyncio.wait_for(client.recv(), 30 * SLOW))
            lines += [line[2] for line in message.get("lines", [])]
    check([line.encode() for line in lines] == container.logs()["o"], "it is what docker logs prints")
    said = instance.said()
    instance.stop()
    return said


async def engines(certificates, folder):
    certificates.issue("client")
    ours = folder / "ours"  # as the docker command names them
    ours.mkdir()
    for name, there in (("ca", "ca"), ("client", "cert"), ("client-key", "key")):
        (ours / f"{there}.pem").write_bytes(pathlib.Path(certificates.path(name)).read_bytes())
    with TlsEngine(certificates, folder / "engine") as engine, Container(engine.unix, BURST) as container:
        said = await follows(container, engine=engine.tcp, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(ours))
        check("DOCKER_HOST is set, with TLS" in said, f"it says that it speaks TLS: {said}")
        said = await follows(container, engine=engine.tcp, DOCKER_TLS="1", DOCKER_CERT_PATH=str(ours))
        check("nothing verifies its certificate" in said, f"it warns: {said}")

        config = dict(os.environ, DOCKER_CONFIG=str(folder / "config"))
        files = ",".join(f"{each}={ours}/{each}.pem" for each in ("ca", "cert", "key"))
        subprocess.run(["docker", "context", "create", "far", "--docker", f"host={engine.tcp},{files}"], env=config,
                       check=True, capture_output=True)
        said = await follows(container, DOCKER_CONFIG=config["DOCKER_CONFIG"], DOCKER_CONTEXT="far")
        check("Docker context far" in said and "with TLS" in said, f"it took the context: {said}")

        strangers = folder / "strangers"
        strangers.mkdir()
        Certificates(strangers)
        for settings, why in (({"DOCKER_CERT_PATH": str(strangers)}, f"must be in {strangers}/ca.pem"),
                              ({"DOCKER_CERT_PATH": str(ours), "DOCKER_HOST": f"tcp://localhost:{engine.port}"},
                               "subjectAltName must have localhost")):
            instance = Instance(settings.pop("DOCKER_HOST", engine.tcp), "doubting", ready=False, DOCKER_TLS_VERIFY="1",
                                **settings)
            await until(f"it says that {why}", lambda seen=instance, text=why: text in seen.said())
            instance.stop()


async def redis_with_tls(engine, certificates):
    port = free_port()
    server = subprocess.Popen([os.environ["DOCKCAST_TEST_REDIS_SERVER"], "--port", "0", "--tls-port", str(port),
                               "--tls-cert-file", certificates.path("server"), "--tls-key-file",
                               certificates.path("server-key"), "--tls-auth-clients", "no", "--bind", "127.0.0.1",
                               "--save", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        instance = Instance(engine, "redis", REDIS_URL=f"rediss://127.0.0.1:{port}",
                            SSL_CERT_FILE=certificates.path("ca"))
        await until("Redis is connected", lambda: json.loads(instance.get("/health/websocket")[1])["checks"]
                    ["redis_connected"])
        instance.stop()
    finally:
        server.kill()
        server.wait()


async def main():
    with tempfile.TemporaryDirectory(prefix="e2e-tls-") as name:
        folder = pathlib.Path(name)
        certificates = Certificates(folder)
        certificates.issue("server")
        await redis_with_tls(next(iter(ENGINES.values())), certificates)
        print("Redis: fine")
        await engines(certificates, folder)
        print("Engine: fine")


asyncio.run(main())
