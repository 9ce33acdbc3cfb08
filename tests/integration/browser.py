#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at the board with a real Chromium, over the pipe of its DevTools protocol, and prints what it saw as JSON.

  browser.py look BOARD COMMAND…       the page, both themes, a narrow window; then what COMMAND changes, live; then
                                       the pages by keyboard alone
  browser.py shoot URL FILE THEME W H  one screenshot
"""
import base64
import json
import os
import select
import subprocess
import sys
import tempfile
import time

DEADLINE = 60.0


class Browser:
    def __init__(self, profile):
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()

        # The protocol's pipe is the descriptors 3 and 4. Ours may have these very numbers: first out of the way.
        def place_pipe():
            high_read, high_write = os.dup(to_read), os.dup(to_write)
            while high_read < 10:
                high_read = os.dup(high_read)
            while high_write < 10:
                high_write = os.dup(high_write)
            os.dup2(high_read, 3)
            os.dup2(high_write, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
             "--disable-dev-shm-usage", "--user-data-dir=" + profile, "--remote-debugging-pipe", "about:blank"],
            preexec_fn=place_pipe, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.until = time.monotonic() + DEADLINE
        self.number = 0
        self.buffer = b""
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")

    def receive(self, patience):
        """The next message, or nothing in time."""
        until = min(time.monotonic() + patience, self.until)
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.from_browser], [], [], left)[0]:
                return None
            piece = os.read(self.from_browser, 1 << 16)
            if not piece:
                raise SystemExit("the browser has ended")
            self.buffer += piece
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive(DEADLINE)
            if answer is None:
                raise SystemExit(method + ": no answer in time")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(method + ": " + answer["error"]["message"])
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise SystemExit(script + ": " + result["exceptionDetails"].get("text", ""))
        return result["result"].get("value")

    def wait_for(self, script):
        """Until the script is true, or the deadline; whether it was."""
        while time.monotonic() < self.until - 1:
            if self.evaluate(script):
                return True
            message = self.receive(0.05)
            if message:
                self.events.append(message)
        return False

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && !!document.getElementById('main')")

    def theme(self, name):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key], **text)

    def end(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (SystemExit, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
LIVE = "document.getElementById('link').textContent.includes('live')"


def look(browser, board, command):
    seen = {}
    browser.size(1280, 900)
    browser.open(board + "/")
    seen["live"] = browser.wait_for(LIVE)
    seen["sentence"] = browser.evaluate("document.getElementById('sentence').textContent")
    for theme in ("light", "dark"):
        browser.theme(theme)
        seen["ground_" + theme] = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    browser.size(360, 800)
    seen["too_wide"] = browser.evaluate(WIDE)
    browser.size(1280, 900)
    # The same page: what changes, changes without a load.
    browser.evaluate("window.same = true")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seen["updated"] = browser.wait_for("!!document.querySelector('main a[href^=\"/tasks/\"]')")
    seen["same_page"] = browser.evaluate("window.same === true")
    # To the first task by keyboard alone.
    for _ in range(20):
        browser.press("Tab")
        if browser.evaluate("(document.activeElement.getAttribute('href') || '').startsWith('/tasks/')"):
            break
    seen["outline"] = browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    browser.press("Enter")
    seen["task_page"] = browser.wait_for("location.pathname.startsWith('/tasks/') && document.readyState === 'complete'")
    seen["task_live"] = browser.wait_for(LIVE)
    seen["log_lines"] = browser.wait_for("document.querySelectorAll('#log li').length > 0")
    browser.size(360, 800)
    seen["task_too_wide"] = browser.evaluate(WIDE)
    requests = [event["params"]["request"]["url"] for event in browser.events
                if event.get("method") == "Network.requestWillBeSent"]
    seen["asked"] = len(requests)
    seen["foreign"] = [url for url in requests if not url.startswith(board + "/") and url != "about:blank"]
    seen["complaints"] = [event["params"]["entry"]["text"] for event in browser.events
                          if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"]
    seen["complaints"] += [event["params"]["exceptionDetails"]["text"] for event in browser.events
                           if event.get("method") == "Runtime.exceptionThrown"]
    return seen


def shoot(browser, url, file, theme, width, height):
    browser.size(int(width), int(height))
    browser.theme(theme)
    browser.open(url)
    browser.wait_for(LIVE)
    image = browser.call("Page.captureScreenshot", format="png")["data"]
    with open(file, "wb") as out:
        out.write(base64.b64decode(image))
    return {"written": file}


def main():
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        try:
            if sys.argv[1] == "look":
                print(json.dumps(look(browser, sys.argv[2], sys.argv[3:])))
            else:
                print(json.dumps(shoot(browser, *sys.argv[2:7])))
        finally:
            browser.end()


if __name__ == "__main__":
    main()
