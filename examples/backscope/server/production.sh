#!/bin/bash
# What systemd ran on the real server, for comparison: pip at every start, and a shell between systemd and gunicorn.
cd "$(dirname "$0")/.." || exit 1
source .venv/bin/activate
sh tools/install-requirements.sh
pip install gunicorn
gunicorn --workers 3 --bind unix:backscope.sock -m 777 wsgi:app
