# SPDX-License-Identifier: MIT
"""The image of deploy/Containerfile, built by podman as deploy/README.md says, and its container, started by podman from
deploy/daemonset.yaml: it has that file's privileges, files and processes. Debian's podman is in a root of its own, and
the image that the recipe begins with is made of Debian's packages here: no registry is asked."""

import contextlib
import re
import shlex
import shutil
import ssl

import builds
from collector import Collector, certificate
from harness import Process, Program, Stuck, await_condition, is_tracing
from roots import REMOVE_GROUP, ROOT, SECONDS, in_root, replaced

DEPLOY = builds.ROOT / "deploy"
BASE = "docker.io/library/debian:trixie-slim"

# Limits are what they are here: to raise them takes a capability of its own. Groups of version 2 are all that containers
# are told of.
PODMAN = """
cd /mnt
set -- $(bash -c 'ulimit -Hn; ulimit -Hu')
printf '[containers]\\npids_limit = 0\\ndefault_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\\n' $1 $1 $2 $2 >/etc/containers/containers.conf
umount -R -l /sys/fs/cgroup || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
podman() { command podman --root /mnt/storage --cgroup-manager cgroupfs "$@"; }
"""
BUILD = f"""
podman import -q base.tar {BASE}
podman build --isolation=chroot --pull=never --network=host -t registry.example.com/gofuncgraph-c \
    -f Containerfile packages
rm base.tar
"""
# Until the end of its standard input.
PLAY = """
trap 'podman stop -t 600 -a >&2; wait; podman kube down pod.yaml >&2 || true; remove_group /sys/fs/cgroup/libpod_parent' EXIT
podman kube play --network=host pod.yaml >&2
podman logs -f $(podman ps -q --filter ancestor=registry.example.com/gofuncgraph-c) >&2 &
cat
"""


def build(package, folder):
    """The image, in the storage of `folder`."""
    (folder / "packages").mkdir()
    shutil.copy(package, folder / "packages")
    shutil.copy(DEPLOY / "Containerfile", folder)
    in_root(folder, "tar", "--one-file-system", "--exclude=./mnt", "-C", "/", "-cf", "base.tar", ".")
    in_root(folder, "sh", "-euc", PODMAN + BUILD)


def traces_arguments(url):
    """As README.md has them, but to `url` and of all calls."""
    words = re.search(r"`(-f otlp --output=http://COLLECTOR:4318 .*?)`", (DEPLOY / "README.md").read_text(), re.S)[1]
    own = {"--output=http://COLLECTOR:4318": f"--output={url}", "--slower=200ms": "--slower=1ns", "*handleBar": "main.root"}
    words = shlex.split(words)
    assert own.keys() <= set(words), words
    return [own.get(word, word) for word in words]


def with_arguments(text, words):
    return re.sub(r"^( +)args:\n(?:\1- .*\n)+",
                  lambda found: f"{found[1]}args:\n" + "".join(f'{found[1]}- "{word}"\n' for word in words), text, flags=re.M)


@contextlib.contextmanager
def in_podman(folder, script):
    """All that it and its containers said is there at the end, when it got the end of its standard input."""
    playing = Process([*ROOT, folder, "sh", "-euc", REMOVE_GROUP + PODMAN + script])
    try:
        yield playing
    finally:
        playing.child.stdin.close()
        playing.wait(SECONDS)


def played(folder, text):
    """The container of a DaemonSet or a pod."""
    (folder / "pod.yaml").write_text(text)
    return in_podman(folder, PLAY)


@contextlib.contextmanager
def telling(playing):
    """What was said, when nothing comes of it."""
    try:
        yield
    except Stuck as stuck:
        raise Stuck(f"{stuck}\n{playing.err[-3000:]}") from None


def await_tracing(playing):
    with telling(playing):
        await_condition(lambda: is_tracing(playing.err) or playing.child.poll() is not None, "nothing is traced")
    assert is_tracing(playing.err), playing.err[-3000:]


@contextlib.contextmanager
def traced(folder, text, program):
    with played(folder, text) as playing:
        await_tracing(playing)
        program.work()
        yield playing


def mounted(name, place):
    """What changes in the DaemonSet so that a file of the folder is at that place, too."""
    return {"volumeMounts:": f"volumeMounts:\n        - {{name: file, mountPath: {place}}}",
            "volumes:": f"volumes:\n      - name: file\n        hostPath: {{path: /mnt/{name}, type: File}}"}


def check_records(folder, program):
    (folder / "recordings").mkdir()
    text = replaced((DEPLOY / "daemonset.yaml").read_text(), {
        "--dump-on=slower=1s": "--dump-on=slower=1ns", '"*handleBar"': "main.root",
        "{path: /var/lib/gofuncgraph-c,": "{path: /mnt/recordings,"})
    with traced(folder, text, program):
        await_condition((folder / "recordings" / "web.rec.1").exists, "nothing was written down of a slow call")


def check_sends(folder, program, server, url, changes):
    text = with_arguments((DEPLOY / "daemonset.yaml").read_text(), traces_arguments(url))
    with traced(folder, replaced(text, changes), program) as playing:
        with telling(playing):
            await_condition(server.taken, "nothing was sent")


def check(packages, folder):
    if not packages:
        raise builds.Unavailable("the package was not built")
    build(packages[0], folder)
    with contextlib.ExitStack() as stack:
        program = Program(builds.copy(builds.build("calls"), folder, "web"))
        stack.callback(program.destroy)
        check_records(folder, program)
        # By a name, as collectors are reached in Kubernetes.
        server = stack.enter_context(contextlib.closing(Collector()))
        (folder / "hosts").write_text("127.0.0.1 collector\n")
        check_sends(folder, program, server, server.url.replace("127.0.0.1", "collector"), mounted("hosts", "/etc/hosts"))
        # An authority of one's own is trusted in place of those that the image brings.
        paths = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*paths)
        server = stack.enter_context(contextlib.closing(Collector(context=context)))
        check_sends(folder, program, server, server.url, mounted(paths[0].name, "/etc/ssl/certs/ca-certificates.crt"))
        assert program.code_is_clean() and program.finish() == 0
