# SPDX-License-Identifier: MIT
"""Chromium without a window, driven over a pipe by its own protocol: messages in JSON with a zero byte behind each."""

import base64
import json
import os
import signal
import subprocess
import tempfile
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
LIMIT = 200  # seconds: the host may be busy
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
           "--disable-background-networking", "--remote-debugging-pipe", "--window-size=1000,1100")


def program():
    found = subprocess.check_output(["make", "-s", "--no-print-directory", "-C", TOP, "found", "NEEDS=chromium"],
                                    text=True)
    assert found.strip(), "tool/setup found no chromium"
    return found.strip()


class Browser:
    """One page. `options` are more words of the command line."""

    def __init__(self, *options):
        self.options, self.asked, self.session, self.left = options, 0, {}, b""
        self.errors = []  # what the page's script and the browser complained of
        self.folder = tempfile.TemporaryDirectory(prefix="ferrite-", ignore_cleanup_errors=True)

    def __enter__(self):
        theirs, self.to = os.pipe()
        self.source, answers = os.pipe()

        def place():  # it reads from descriptor 3 and writes to 4
            read, write = os.dup(theirs), os.dup(answers)
            os.dup2(read, 3)
            os.dup2(write, 4)

        # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
        self.process = subprocess.Popen([program(), *OPTIONS, f"--user-data-dir={self.folder.name}", *self.options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=place, start_new_session=True, pass_fds=(3, 4, theirs, answers))
        os.close(theirs)
        os.close(answers)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for part in ("Page", "Runtime", "Log"):
            self.ask(part + ".enable")
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)  # and those that it started
        self.process.wait()
        os.close(self.to)
        os.close(self.source)
        self.folder.cleanup()

    def message(self):
        while b"\0" not in self.left:
            piece = os.read(self.source, 1 << 16)
            assert piece, "the browser ended"
            self.left += piece
        text, _, self.left = self.left.partition(b"\0")
        return json.loads(text)

    def ask(self, method, **parameters):
        self.asked += 1
        message = {"id": self.asked, "method": method, "params": parameters, **self.session}
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while (answer := self.message()).get("id") != self.asked:
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(answer["params"]["exceptionDetails"]["text"])
            if answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
                self.errors.append(answer["params"]["entry"]["text"])
        assert "result" in answer, answer
        return answer["result"]

    def go(self, url):
        """Loads a page; what kept it from that, or nothing."""
        failed = self.ask("Page.navigate", url=url).get("errorText", "")
        if not failed:
            self.wait("document.readyState == 'complete'")
        return failed

    def value(self, expression):
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, expression):
        """Until the page says that it is so."""
        end = time.monotonic() + LIMIT
        while not self.value(expression):
            assert time.monotonic() < end, f"waited {LIMIT} s for {expression}: {self.value('document.body.innerText')}"
            self.value("new Promise((done) => setTimeout(done, 100))")

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))
