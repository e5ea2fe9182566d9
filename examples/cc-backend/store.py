"""A document database of a page, in place of the MongoDB that Debian no longer has: store.py [PORT]"""

import json
import socketserver
import sys

collections = {}


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            question = json.loads(line)
            documents = collections.setdefault(question.get("find") or question["insert"], [])
            if "insert" in question:
                documents.append(question["document"])
            answer = documents if "find" in question else question["document"]
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 27017), Connection) as server:
    print("the store listens", flush=True)
    server.serve_forever()
