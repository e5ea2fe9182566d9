pip install --upgrade pip
pip install -r requirements.txt
