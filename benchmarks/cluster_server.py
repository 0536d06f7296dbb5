"""A served model that adds: answers the sums of the task `arithmetic`, each after the same time, for benchmarks."""

from __future__ import annotations

import argparse
import asyncio
import re

from aiohttp import web


async def models(_: web.Request) -> web.Response:
    """What it lists."""
    return web.json_response({"object": "list", "data": [{"id": "test-model", "object": "model"}]})


async def chat(request: web.Request) -> web.Response:
    """The sum, wrong where it is a multiple of five."""
    body = await request.json()
    await asyncio.sleep(request.app["latency"])
    a, b = map(int, re.findall(r"\d+", body["messages"][-1]["content"])[-2:])
    message = {"role": "assistant", "content": f"The answer is {a + b + ((a + b) % 5 == 0)}."}
    usage = {"prompt_tokens": 100, "completion_tokens": 6, "total_tokens": 106}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return web.json_response({"id": "1", "model": "test-model", "choices": [choice], "usage": usage})


def main() -> None:
    """Serve on a port of the loopback."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    app = web.Application()
    app["latency"] = options.latency
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", chat)
    web.run_app(app, host="127.0.0.1", port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
