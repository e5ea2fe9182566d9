"""Where answers are kept: SQLite, or Postgres where there is one. A connection per use: workers must not share one."""

import contextlib
import sqlite3


class Answers:
    def __init__(self, database):
        settings = dict(database)
        provider = settings.pop("provider")
        if provider == "sqlite":
            self._connect = lambda: sqlite3.connect(settings["filename"])
            self._mark = "?"
        elif provider == "postgres":
            import psycopg2

            self._connect = lambda: psycopg2.connect(**settings)
            self._mark = "%s"
        else:
            raise ValueError(f"DATABASE: there is no provider {provider!r}, only sqlite and postgres")
        self._make_table()

    def store(self, question, text):
        self._run(f"insert into answers (question, text) values ({self._mark}, {self._mark})", (question, text))

    def count(self):
        return self._run("select count(*) from answers")[0][0]

    def _make_table(self):
        try:
            self._run("create table if not exists answers (question integer, text varchar(200))")
        except Exception:
            # Two workers that create it at once: Postgres refuses one of them, although it says "if not exists".
            self.count()

    def _run(self, statement, values=()):
        with contextlib.closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return rows
