"""Receives webhooks with the standard library's HTTP server."""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BODY = 1024 * 1024
MAX_IDS = 10_000
TOLERANCE = 5 * 60

# One secret, or several separated by spaces while you rotate.
SECRETS = os.environ.get("WEBHOOK_SECRET", "").split()


def verify_by_hand(secrets, headers, body):
    """Returns the event, or raises ValueError."""
    message_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not (message_id and timestamp and signatures):
        raise ValueError("a webhook header is missing")
    # Both ways: an old request may be a replay, one from the future could be replayed for long.
    if abs(int(time.time()) - int(timestamp)) > TOLERANCE:
        raise ValueError("webhook-timestamp is too far from now")
    message = f"{message_id}.{timestamp}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = b"v1," + base64.b64encode(hmac.digest(key, message, "sha256"))
        for signature in signatures.split(" "):
            if hmac.compare_digest(signature.encode(), expected):
                return json.loads(body)
    raise ValueError("no signature fits")


def verify_with_library(secrets, headers, body):
    failure = None
    for secret in secrets:
        try:
            return Webhook(secret).verify(body, headers)
        # The library lets Python's own ValueError through where a signature is malformed.
        except (WebhookVerificationError, ValueError) as error:
            failure = error
    raise ValueError(str(failure))


# In production a table with a unique constraint on the id takes the place of this dict: it
# outlives the process, and all your servers share it.
seen = {}
seen_lock = threading.Lock()


def is_first(message_id):
    with seen_lock:
        if message_id in seen:
            return False
        seen[message_id] = True
        if len(seen) > MAX_IDS:
            del seen[next(iter(seen))]
        return True


# In production a queue or a table takes the place of this call: write the event there before
# you answer, so that no crash loses what you have confirmed.
def handle(event, body):
    data_sha256 = hashlib.sha256(body).hexdigest()
    line = {"id": event["id"], "type": event["type"], "data_sha256": data_sha256}
    print(json.dumps(line), flush=True)


class Receiver(BaseHTTPRequestHandler):
    routes = {"/by-hand": verify_by_hand, "/with-library": verify_with_library}
    timeout = 10  # for a sender that stops in the middle

    def do_POST(self):
        verify = self.routes.get(self.path.partition("?")[0])
        if verify is None:
            return self.not_found()
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return self.answer(411, {"error": "Content-Length is missing"})
        if int(length) > MAX_BODY:
            self.answer(413, {"error": "the body is larger than 1 MiB"})
            return self.drop(int(length))
        body = self.rfile.read(int(length))
        try:
            event = verify(SECRETS, self.headers, body)
        except ValueError as error:
            return self.answer(400, {"error": str(error)})
        first = is_first(self.headers["webhook-id"])
        self.answer(200, {"received": True, "duplicate": not first})
        if first:
            threading.Thread(target=handle, args=(event, body)).start()

    def drop(self, length):
        # A sender that is cut off sees no 413, so it may finish, within reason.
        left = min(length, 8 * MAX_BODY)
        while left > 0 and (chunk := self.rfile.read(min(left, 65536))):
            left -= len(chunk)

    def not_found(self):
        self.answer(404, {"error": "not found"})

    do_GET = do_PUT = do_PATCH = do_DELETE = not_found

    def answer(self, status, value):
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    if not SECRETS:
        raise SystemExit("WEBHOOK_SECRET is not set")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
