"""A worker for the pool's tests: obeys at once, and dies, lies or waits as a command tells it to."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

send = threading.Lock()


def say(document: dict) -> None:
    with send:
        print(json.dumps(document), flush=True)


def obey(command: dict) -> None:
    number = command["id"]
    match command["command"]:
        case "die once" if not Path(command["mark"]).exists():
            Path(command["mark"]).touch()
            print("out of memory", file=sys.stderr, flush=True)
            os._exit(9)
        case "die":
            print("out of memory", file=sys.stderr, flush=True)
            os._exit(9)
        case "lie":
            print("no JSON", flush=True)
        case "wait":
            threading.Event().wait()
        case "fault":
            say({"id": number, "fault": {"role": "user", "message": "HTTP 500", "overload": False}})
    say({"id": number, "outcome": {"ending": "done", "result": {"pid": os.getpid(), "told": command.get("told")}}})


for line in sys.stdin:
    threading.Thread(target=obey, args=(json.loads(line),), daemon=True).start()
os._exit(0)
