import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Without it the page is blank, and every other address looks well.
if not os.path.exists("static/frontend/main.js"):
    raise RuntimeError("the front end is not built: appsup run ktyper front")
application = get_wsgi_application()
