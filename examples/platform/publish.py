#!/usr/bin/python3
"""What other back-ends of the platform do with its Redis (REDIS_URL).

    publish.py deployment SERVICE VERSION STATE    tells the clients of `deployments`
    publish.py alert SEVERITY MESSAGE              tells the clients of `alerts`
    publish.py connections                         counts who is connected, by instance and channel
"""
import collections
import json
import os
import sys

import redis

KINDS = {"deployment": ("deployments", ("service", "version", "state")), "alert": ("alerts", ("severity", "message"))}


def publish(server, kind, words):
    channel, fields = KINDS[kind]
    payload = {"type": kind, **dict(zip(fields, words))}
    server.publish("websocket:broadcast", json.dumps({"channel": channel, "payload": payload}))


def connections(server):
    found = map(server.hgetall, server.scan_iter("ws:connection:*", 1000))
    counted = collections.Counter((each["instance_id"], each["channel"]) for each in found if each)
    for (instance, channel), count in sorted(counted.items()):
        print(instance, channel, count)


def main(kind="", *words):
    server = redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"), decode_responses=True)
    if kind == "connections" and not words:
        connections(server)
    elif kind in KINDS and len(words) == len(KINDS[kind][1]):
        publish(server, kind, words)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
