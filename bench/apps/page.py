"""A page as most are: 5 ms, of which 3 are work and 2 a wait for the database; and one of nothing at all."""

import time


def app(environ, start_response):
    if environ["PATH_INFO"] == "/page":
        end = time.process_time() + 0.003
        while time.process_time() < end:
            pass
        time.sleep(0.002)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100")])
    return [b"a" * 100]
