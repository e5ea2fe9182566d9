"""In place of spectracl, whose model is not public: the type is told by the digest of the archive."""

import hashlib
import os
import time


def type_of(path):
    with open(path, "rb") as archive:
        digest = hashlib.sha256(archive.read()).hexdigest()
    # A real classifier takes minutes.
    time.sleep(float(os.environ.get("KTYPER_SECONDS", "0.2")))
    return f"KL{int(digest[:8], 16) % 140 + 1}"
