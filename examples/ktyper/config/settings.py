"""Secrets, database, queue and uploads are named relative to where the process runs: all of them share one directory."""

import json
import os

with open("config/secrets.json") as file:
    SECRET_KEY = json.load(file)["SECRET_KEY"]

DEBUG = False
ALLOWED_HOSTS = ["ktyper.example.org"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "huey.contrib.djhuey",
    "backend",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = os.environ.get("SCRIPT_NAME", "") + "/static/"
MEDIA_ROOT = "uploads"
HUEY = {"name": "ktyper", "huey_class": "huey.SqliteHuey", "filename": "huey.db", "immediate": False}
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}
