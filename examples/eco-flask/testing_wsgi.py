"""The testing configuration: gunicorn testing_wsgi:application"""

from config import Testing
from tasks import create_app

application = create_app(Testing)
