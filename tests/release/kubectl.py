# SPDX-License-Identifier: MIT
"""What Debian's kubectl makes of deploy/. It knows Kubernetes' types; of the API it asks a server that knows one node,
and one pod, and refuses all that is to be changed, but keeps what was asked for."""

import http.server
import json
import re
import shutil
import threading

import builds
from collector import fields
from roots import in_root

DEPLOY = builds.ROOT / "deploy"
NODE, POD = "NODE", "web-7f9c6d8b4-x2x9z"  # as deploy/README.md calls them

# Members by their numbers, as k8s.io/api/core/v1/generated.proto has them; in a list: there may be several.
CAPABILITIES = {1: ["add"], 2: ["drop"]}
SECURITY = {1: ("capabilities", CAPABILITIES), 2: "privileged", 4: "runAsUser", 5: "runAsNonRoot", 6: "readOnlyRootFilesystem",
            7: "allowPrivilegeEscalation", 11: ("seccompProfile", {1: "type"}), 12: ("appArmorProfile", {1: "type"})}
MOUNT = {1: "name", 2: "readOnly", 3: "mountPath"}
CONTAINER = {1: "name", 2: "image", 3: ["command"], 4: ["args"], 9: [("volumeMounts", MOUNT)], 14: "imagePullPolicy",
             15: ("securityContext", SECURITY), 16: "stdin", 18: "tty", 20: "terminationMessagePolicy"}
VOLUME = {1: "name", 2: ("", {1: ("hostPath", {1: "path", 2: "type"})})}
SPEC = {1: [("volumes", VOLUME)], 2: [("containers", CONTAINER)], 3: "restartPolicy", 10: "nodeName", 11: "hostNetwork",
        12: "hostPID", 13: "hostIPC", 22: [("tolerations", {2: "operator"})]}
DEBUGGING_POD = {1: ("metadata", {1: "name"}), 2: ("spec", SPEC)}
SWITCHES = {"privileged", "runAsNonRoot", "readOnlyRootFilesystem", "allowPrivilegeEscalation", "readOnly", "stdin", "tty", "hostNetwork",
            "hostPID", "hostIPC"}


def is_empty(value):
    """A number that is 0, or a message of which all is empty."""
    return not value or (isinstance(value, bytes) and all(is_empty(inner) for _, inner in fields(value)))


def decoded(message, members):
    """As JSON has it; texts that are empty are left out."""
    result = {}
    for number, value in fields(message):
        if number not in members:
            assert is_empty(value), f"member {number} is not known: {value}"
        if value == b"" or number not in members:
            continue
        member = members[number]
        is_list, member = isinstance(member, list), member[0] if isinstance(member, list) else member
        name, inner = member if isinstance(member, tuple) else (member, None)
        if inner:
            value = decoded(value, inner)
        elif isinstance(value, int):
            value = bool(value) if name in SWITCHES else value
        else:
            value = value.decode()
        if not name:
            result.update(value)
        elif is_list:
            result.setdefault(name, []).append(value)
        else:
            result[name] = value
    return result


class Api(http.server.BaseHTTPRequestHandler):
    RESOURCES = [{"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node", "verbs": ["get"]},
                 {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["create", "get"]}]
    KNOWN = {"/api": {"kind": "APIVersions", "versions": ["v1"]},
             "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
             "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": RESOURCES},
             f"/api/v1/nodes/{NODE}": {"kind": "Node", "apiVersion": "v1", "metadata": {"name": NODE}},
             f"/api/v1/namespaces/default/pods/{POD}": {
                 "kind": "Pod", "apiVersion": "v1", "metadata": {"name": POD, "namespace": "default"},
                 "spec": {"containers": [{"name": "web", "image": "registry.example.com/web"}]}}}
    NOTHING = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}

    def give(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        answer = self.KNOWN.get(self.path.split("?")[0])
        self.give(200 if answer else 404, answer or self.NOTHING)

    def do_POST(self):
        self.server.asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.give(403, self.NOTHING)

    do_PATCH = do_POST

    def log_message(self, *arguments):
        pass


def asked_for(folder, command):
    """The path and the body of the request by which a command of kubectl's would change something."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = {"clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                  "contexts": [{"name": "test", "context": {"cluster": "test"}}], "current-context": "test"}
        (folder / "config").write_text(json.dumps(config))
        try:
            in_root(folder, "sh", "-c", f"export KUBECONFIG=/mnt/config\n{command}\ntest $? = 1")
        finally:
            server.shutdown()
    (asked,) = server.asked
    return asked


def check_has(whole, part, where=""):
    """All of `part` is there; more may be."""
    if isinstance(part, dict):
        for key, value in part.items():
            assert key in whole, f"{where}.{key} is not known"
            check_has(whole[key], value, f"{where}.{key}")
    elif isinstance(part, list):
        assert len(part) == len(whole), where
        for one, other in zip(whole, part):
            check_has(one, other, where)
    else:
        assert whole == part, (where, whole, part)


def check_daemonset(folder):
    """What its type does not have is lost where kubectl takes it for one of that type."""
    shutil.copy(DEPLOY / "daemonset.yaml", folder)
    in_root(folder, "sh", "-euc", """
        kubectl annotate --local -f daemonset.yaml a=b -o json >as-written
        sed 's/registry.example.com/other/' as-written >other
        kubectl set image --local -f other tracer=registry.example.com/gofuncgraph-c -o json >as-its-type
        """)
    check_has(*(json.loads((folder / name).read_text()) for name in ("as-its-type", "as-written")))


def asked_by_recipe(folder, beginning):
    """That of the command in deploy/README.md that begins like this."""
    text = (DEPLOY / "README.md").read_text()
    (command,) = re.findall(rf"^    (kubectl debug {beginning} (?:.*\\\n)*.*)", text, re.M)
    shutil.copy(DEPLOY / "debug.json", folder)
    return asked_for(folder, command)


def check_privileges(container):
    """They are those of deploy/debug.json, all of them and no others."""
    wanted = json.loads((DEPLOY / "debug.json").read_text())
    check_has(container, wanted)
    check_has(wanted, {"securityContext": container["securityContext"]})


def debugging_pod(folder):
    """What is to run on a node."""
    path, body = asked_by_recipe(folder, f"node/{NODE}")
    assert path == "/api/v1/namespaces/default/pods" and body.startswith(b"k8s\0"), (path, body)
    ((_, pod),) = [field for field in fields(body[4:]) if field[0] == 2]
    pod = decoded(pod, DEBUGGING_POD)
    (container,) = pod["spec"]["containers"]
    check_privileges(container)
    return {"apiVersion": "v1", "kind": "Pod", **pod}


def ephemeral_container(folder):
    """What is to run in a pod, with the processes of its container."""
    path, body = asked_by_recipe(folder, POD)
    assert path.split("?")[0] == f"/api/v1/namespaces/default/pods/{POD}/ephemeralcontainers", path
    (container,) = json.loads(body)["spec"]["ephemeralContainers"]
    assert container["targetContainerName"] == "web", container
    check_privileges(container)
    return container
