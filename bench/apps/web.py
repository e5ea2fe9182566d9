"""The app under test: says who answers, prints each request, and leaves a mark when a worker has loaded it."""

import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

if os.path.exists(os.path.join(HERE, "broken")):
    raise RuntimeError("this deploy is broken")

with open(os.path.join(HERE, "loaded"), "a") as marks:
    marks.write(f"{time.time():.4f} {os.getpid()} {os.getppid()}\n")


def app(environ, start_response):
    print(f"request {environ['PATH_INFO']} served by {os.getpid()}", flush=True)
    # One page of text each: what a supervisor does with 64 KB of output shows within a second of load.
    print("." * 200, file=sys.stderr, flush=True)
    body = f"{os.getpid()} {os.getppid()}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
