"""An experiment in small: a participant answers question after question, and may come back at any time."""

from pathlib import Path

from flask import Flask, redirect, render_template_string, request, session, url_for

from .database import Answers
from .sessions import FileSessions

QUESTIONS = ["How old are you?", "Left or right?", "Which colour was it?", "How sure are you, from 1 to 5?"]

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ config.TITLE }}</title>
<link rel="stylesheet" href="{{ url_for('static', filename='style.css') }}">
<main>
  <h1>{{ config.TITLE }}</h1>
  {% if state < questions|length %}
  <p>Question {{ state + 1 }} of {{ questions|length }}: {{ questions[state] }}</p>
  <form method="post" action="{{ url_for('answer') }}">
    <input name="answer" maxlength="200" required autofocus><button>Next</button>
  </form>
  {% else %}
  <p>Thank you! {{ stored }} answers are stored.</p>
  {% endif %}
</main>
"""


def create_app(config):
    app = Flask(__name__)
    app.config.from_object(config)
    app.session_interface = FileSessions(Path("flask_session"))
    answers = Answers(config.DATABASE)

    @app.get("/")
    def index():
        return render_template_string(PAGE, questions=QUESTIONS, state=session.get("state", 0), stored=answers.count())

    @app.post("/answer")
    def answer():
        state = session.get("state", 0)
        if state < len(QUESTIONS):
            answers.store(state, request.form["answer"][:200])
            session["state"] = state + 1
        return redirect(url_for("index"), code=303)

    return app
