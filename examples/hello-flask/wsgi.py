"""A guest book of one page: the smallest app that shows whether its mount is right.

The page, the form's target, the redirect behind it and the cookie's path all have to keep the mount. Flask builds them
from SCRIPT_NAME, which gunicorn takes from the environment; nothing here knows under which path it is served.
"""

import os
from datetime import datetime

from flask import Flask, redirect, render_template_string, request, url_for

application = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hello from Flask</title>
<link rel="stylesheet" href="{{ url_for('static', filename='style.css') }}">
<main>
  <h1>Hello{% if name %}, {{ name }}{% endif %}!</h1>
  <p>This app is mounted at <code>{{ mount }}</code>; process {{ pid }} answered at {{ now }}.</p>
  <form method="post" action="{{ url_for('greet') }}">
    <label>Your name <input name="name" maxlength="40" required autofocus></label>
    <button>Say hello</button>
  </form>
  <p><a href="{{ url_for('about') }}">What is this?</a></p>
</main>
"""

ABOUT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>About</title>
<link rel="stylesheet" href="{{ url_for('static', filename='style.css') }}">
<main>
  <h1>About</h1>
  <p>An example of appsup. Every link here is made by <code>url_for</code>, so it works under any mount.</p>
  <p><a href="{{ url_for('home') }}">Back</a></p>
</main>
"""


@application.get("/")
def home():
    return render_template_string(
        PAGE,
        name=request.cookies.get("name"),
        mount=request.script_root or "/",
        pid=os.getpid(),
        now=datetime.now().strftime("%H:%M:%S"),
    )


@application.post("/greet")
def greet():
    name = request.form.get("name", "").strip()[:40]
    # Relative to the mount: behind a front end an absolute Location would name the wrong host.
    response = redirect(url_for("home"), code=303)
    if name:
        # The path keeps the cookie from the other apps of the same host.
        path = f"{request.script_root}/"
        response.set_cookie("name", name, path=path, max_age=86400, httponly=True, samesite="Lax")
    return response


@application.get("/about")
def about():
    return render_template_string(ABOUT)
