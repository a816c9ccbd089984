# SPDX-License-Identifier: MIT
"""nginx, with a folder of its own: as a web server, as a proxy, and as a client that verifies who it asks."""

import os
import socket
import subprocess
import tempfile
import threading

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
FRAME = """daemon off; master_process off; error_log {folder}/error.log; pid {folder}/pid;
events {{ worker_connections 64; }}
http {{
    log_format line '$server_port $status $request';
    access_log {folder}/access.log line;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    root {folder}/www; client_max_body_size 64m; server_tokens off;
    {servers}
}}
"""


def program():
    found = subprocess.check_output(["make", "-s", "--no-print-directory", "-C", TOP, "found", "NEEDS=nginx"],
                                    text=True)
    assert found.strip(), "tool/setup found no nginx"
    return found.strip()


class Nginx:
    """`servers` is what stands within `http` of its configuration; `files` what it serves, path to bytes."""

    def __init__(self, servers, files):
        self.folder = tempfile.TemporaryDirectory(prefix="ferrite-", ignore_cleanup_errors=True)
        for path, content in files.items():
            path = os.path.join(self.folder.name, "www", path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        # As root it would serve as somebody else, who may not write here.
        user = "user root;\n" if os.geteuid() == 0 else ""
        with open(os.path.join(self.folder.name, "conf"), "w", encoding="utf-8") as file:
            file.write(user + FRAME.format(folder=self.folder.name, servers=servers))

    def __enter__(self):
        path = self.folder.name
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([program(), "-p", path, "-c", os.path.join(path, "conf"), "-e", "stderr"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def wait(self, port):
        """Until it takes connections."""
        pause = threading.Event()
        while True:
            assert self.process.poll() is None, "nginx ended"
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=10).close()
            except ConnectionRefusedError:
                pause.wait(0.05)

    def read(self, name):
        with open(os.path.join(self.folder.name, name), "rb") as file:
            return file.read()
