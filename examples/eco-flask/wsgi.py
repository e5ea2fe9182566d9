"""The production configuration: gunicorn wsgi:application"""

from config import Production
from tasks import create_app

application = create_app(Production)
