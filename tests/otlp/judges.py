# SPDX-License-Identifier: MIT
"""Real collectors that say what they have got: the Collector's receiver, and Jaeger. Each has a fixed port: they are for
a network namespace of their own."""

import collections
import datetime
import json
import re
import signal
import urllib.parse
import urllib.request

import builds
import collector
from harness import Process, WAIT_SECONDS, await_condition
from spans import spans_of

PORT = 4318


def get(url, headers=()):
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=WAIT_SECONDS) as answer:
        return answer.read().decode()


class Judge:
    """One that runs; it can be stopped, and started again."""

    def __init__(self, program):
        self.program = program
        self.start()

    def start(self):
        self.process = Process(self.command())
        try:
            await_condition(self.has_begun, f"{self.name} is not ready")
        except BaseException:
            self.process.destroy()
            raise

    def has_begun(self):
        assert self.process.child.poll() is None, f"{self.name} ended: {self.process.err}"
        return self.is_ready()

    def pause(self):
        self.process.signal(signal.SIGSTOP)

    def resume(self):
        self.process.signal(signal.SIGCONT)

    def end(self):
        """At once, with all that it knows."""
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def all_spans(self, count):
        """[(resource, span)], which are so many."""
        await_condition(lambda: self.count() >= count, f"{self.name} has fewer spans than {count}")
        found = self.spans()
        assert len(found) == count, f"{self.name} has {len(found)} spans, not {count}"
        return found


class Receiver(Judge):
    name = "otlpreceiver"

    @staticmethod
    def build(is_quick):
        return collector.receiver()

    def command(self):
        return [self.program, f"0.0.0.0:{PORT}"]

    def is_ready(self):
        return self.process.output

    def spans(self):
        return [span for line in self.process.output[1:] for span in spans_of(json.loads(line))]

    def count(self):
        return len(self.spans())


class Jaeger(Judge):
    name = "Jaeger"

    @staticmethod
    def build(is_quick):
        return builds.fetch("jaeger", *(["--there"] if is_quick else []), seconds=builds.BUILD_SECONDS * 3)

    def command(self):
        # What does not fit into its queue it would drop.
        return [self.program, "--log-level=error", "--collector.queue-size=1000000"]

    def is_ready(self):
        try:
            return get("http://127.0.0.1:14269/")
        except OSError:
            return False

    def count(self):
        saved = re.findall(r'^jaeger_collector_spans_saved_by_svc_total\{.*result="ok".*\} (\S+)$',
                           get("http://127.0.0.1:14269/metrics"), re.M)
        return sum(int(float(number)) for number in saved)

    def spans(self):
        """By its query API. A trace that several services are in is among those of each."""
        found = {}
        for service in json.loads(get("http://127.0.0.1:16686/api/v3/services"))["services"]:
            traces = collections.defaultdict(list)
            for resource, span in self.spans_of_service(service):
                traces[span["traceId"]].append((resource, span))
            found.update(traces)
        return [span for trace in found.values() for span in trace]

    @staticmethod
    def spans_of_service(service):
        now = datetime.datetime.now(datetime.timezone.utc)
        begin, end = (f"{now + datetime.timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (-5, 1))
        query = urllib.parse.urlencode({"query.service_name": service, "query.start_time_min": begin,
                                        "query.start_time_max": end, "query.num_traces": 1000000,
                                        "query.raw_traces": "true"})
        return spans_of(json.loads(get(f"http://127.0.0.1:16686/api/v3/traces?{query}"))["result"])
