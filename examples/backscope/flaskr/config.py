import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Production:
    SECRET_KEY = os.environ.get("SECRET_KEY")
    SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL", f"sqlite:///{ROOT / 'backscope.db'}")


class Development(Production):
    TEMPLATES_AUTO_RELOAD = True


CONFIGS = {"production": Production, "development": Development}


def environment():
    name = os.environ.get("APP_ENVIRONMENT", "development")
    if name not in CONFIGS:
        raise ValueError(f"APP_ENVIRONMENT is {name!r}: expected {' or '.join(CONFIGS)}")
    return name
