"""Sessions in files, as Flask-Session keeps them: the cookie holds a random name only, and a restart forgets nobody."""

import json
import os
import re
import secrets

from flask.sessions import SessionInterface, SessionMixin


class Session(dict, SessionMixin):
    def __init__(self, name, values=()):
        super().__init__(values)
        self.name = name


class FileSessions(SessionInterface):
    def __init__(self, directory):
        self._directory = directory.absolute()
        self._directory.mkdir(mode=0o700, exist_ok=True)

    def open_session(self, app, request):
        name = request.cookies.get(self.get_cookie_name(app), "")
        # It comes from outside, and becomes a file's name.
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            return Session(secrets.token_hex(32))
        try:
            return Session(name, json.loads((self._directory / name).read_text()))
        except FileNotFoundError:
            return Session(secrets.token_hex(32))

    def save_session(self, app, session, response):
        if not session:
            return
        # Renamed at the end: a worker that is stopped in between leaves the old one whole.
        fresh = self._directory / f"{session.name}.{os.getpid()}"
        fresh.write_text(json.dumps(session))
        fresh.rename(self._directory / session.name)
        response.set_cookie(
            self.get_cookie_name(app),
            session.name,
            # The path keeps it from the other apps of the same host.
            path=self.get_cookie_path(app),
            httponly=True,
            samesite="Lax",
        )
