"""backscope in small: values of integer sequences, computed once and kept in the database."""

import subprocess

from flask import Flask, current_app, jsonify
from flask_migrate import Migrate

from .config import CONFIGS, environment
from .logs import log_requests
from .sequences import Sequence, db, values_of


def create_app():
    app = Flask(__name__)
    app.config.from_object(CONFIGS[environment()])
    app.config["COMMIT"] = commit()
    log_requests(app, "logs")
    db.init_app(app)
    Migrate(app, db)

    @app.get("/api/get_commit")
    def get_commit():
        return jsonify(commit=current_app.config["COMMIT"])

    @app.get("/api/get_oeis_values/<oeis_id>/<int:count>")
    def get_oeis_values(oeis_id, count):
        values = values_of(oeis_id, min(count, 1024))
        if values is None:
            return jsonify(error=f"there is no sequence {oeis_id} here"), 404
        return jsonify(id=oeis_id, values=values)

    @app.get("/api/stored")
    def stored():
        return jsonify(sorted(sequence.id for sequence in Sequence.query))

    return app


def commit():
    """Asked at each start, so it is that of the code that runs."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
