"""The devices of an account: Flask on gevent, with documents in a database that other people run."""

import json
import socket

from flask import Flask, jsonify, request

app = Flask(__name__)
# The path comes by the environment; without it the app does not start.
app.config.from_envvar("CROSSCLOUD_WEB_SETTINGS")
if app.config["SECRET_KEY"] == "debug" and not app.config["DEBUG"]:
    raise RuntimeError("the secret is the public one of debug.cfg: ./prepare makes another")


def ask(**question):
    """One question to the database, one answer."""
    with socket.create_connection(app.config["DATABASE"], timeout=5) as connection:
        with connection.makefile("rw") as lines:
            print(json.dumps(question), file=lines, flush=True)
            return json.loads(lines.readline())


# As many apps do: without the database there is no app.
ask(find="devices")


@app.get("/")
def index():
    return jsonify(service="cc-backend", mount=request.script_root, devices=len(ask(find="devices")))


@app.get("/devices")
def devices():
    return jsonify(ask(find="devices"))


@app.post("/devices")
def register():
    name = request.get_json()["name"]
    return jsonify(ask(insert="devices", document={"name": str(name)[:80]})), 201
