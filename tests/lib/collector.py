# SPDX-License-Identifier: MIT
"""Collectors of OpenTelemetry: the Collector's own receiver, built from Go's modules, and a server that answers as it
is told to."""

import gzip
import http.server
import re
import socket
import subprocess
import threading

import builds

RECEIVER = builds.ROOT / "tests" / "otlp" / "receiver"
NEEDS_GO = (1, 24)


# ---- the Collector's receiver ----


def receiver():
    """The program of tests/otlp/receiver."""
    release = builds.release_of(None)
    if tuple(map(int, re.findall(r"\d+", release)[:2])) < NEEDS_GO:
        raise builds.Unavailable(f"the Collector's receiver needs Go 1.24, and this is {release}")
    return builds.build_go("receiver", RECEIVER, variables=builds.fetch_modules(RECEIVER))


# ---- one that answers as it is told ----


def fields(message):
    """(number, value) of each member of a message of Protocol Buffers."""
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = message[at]
            at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while at < len(message):
        head = varint()
        if head & 7 == 0:
            yield head >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(head & 7)
        size = varint() if size is None else size
        assert at + size <= len(message), "a member ends behind its message"
        yield head >> 3, message[at : at + size]
        at += size


def members(message, *numbers):
    """Those of that path."""
    found = [message]
    for number in numbers:
        found = [value for one in found for key, value in fields(one) if key == number]
    return found


def span_ids(body):
    """[(trace, span)] of a request's spans."""
    spans = members(body, 1, 2, 2)
    return [(members(span, 1)[0], members(span, 2)[0]) for span in spans]


class Answer:
    def __init__(self, status=200, body=b"", headers=()):
        self.status, self.body, self.headers = status, body, dict(headers)


class Collector:
    """Answers the first requests as `answers` say, and all others with success. An answer of None: none ever."""

    def __init__(self, answers=(), port=0, context=None):
        self.answers = list(answers)
        self.requests = []  # (path, headers, body, the answer)
        self.connections = []
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self.handler())
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handler(collector):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with collector.lock:
                    collector.connections.append(self.connection)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                with collector.lock:  # what is taken was answered
                    answer = collector.take(self.path, dict(self.headers), body)
                    if answer:
                        self.give(answer)
                if not answer:
                    collector.over.wait()

            def give(self, answer):
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *arguments):
                pass

        return Handler

    def take(self, path, headers, body):
        answer = self.answers.pop(0) if self.answers else Answer()
        self.requests.append((path, headers, body, answer))
        return answer

    def taken(self):
        """Spans of requests that were answered with success."""
        with self.lock:
            return [span for _, _, body, answer in self.requests if answer and answer.status == 200
                    for span in span_ids(body)]

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other end has closed it


# ---- certificates ----


def certificate(folder):
    """Paths of one that is its own authority, for 127.0.0.1, and of its key."""
    paths = folder / "certificate.pem", folder / "key.pem"
    try:
        done = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                               "-nodes", "-days", "2", "-subj", "/CN=collector", "-addext",
                               "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]],
                              capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        raise builds.Unavailable("there is no openssl to make a certificate with") from None
    assert done.returncode == 0, done.stderr
    return paths
