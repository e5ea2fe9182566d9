"""A log of its own: a line of JSON per request in logs/api.log, in ten files of at most 10 kB."""

import json
import logging
import logging.handlers
import os
import time
from pathlib import Path

from flask import request


def log_requests(app, directory):
    # Relative: it lies where the program is started.
    Path(directory).mkdir(exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(f"{directory}/api.log", maxBytes=10_000, backupCount=9)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("api")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False

    @app.after_request
    def log(response):
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        facts = {"time": moment, "pid": os.getpid(), "path": request.path, "status": response.status_code}
        logger.info(json.dumps(facts))
        return response
