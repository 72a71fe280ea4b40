"""A headless Chromium, driven over its pipe without any package."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no browser is here; install one (Debian: apt-get install -y chromium) or name its program in CHROMIUM"
PHONE, DESKTOP = (390, 844), (1280, 900)


class Browser:
    """One tab of one browser."""

    def __init__(self, to: BinaryIO, back: BinaryIO):
        self._to, self._back, self._number, self._session = to, back, 0, ""
        target = self.sent("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.sent("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.sent("Page.enable")
        self.sent("Runtime.enable")

    def sent(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of one command of the DevTools protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params} | ({"sessionId": self._session} if self._session else {})
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        line = bytearray()
        while (byte := self._back.read(1)) != b"\0":
            assert byte, "the browser went away"
            line += byte
        return json.loads(line)

    def opens(self, html: str, size: tuple[int, int] = PHONE, dark: bool = False, media: str = "screen") -> None:
        """Shows a document at a size and in a colour scheme."""
        self.sent("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=size == PHONE)
        self.sent("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
            file.write(html)
            file.flush()
            self.sent("Page.navigate", url=f"file://{file.name}")
            self.told("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def told(self, script: str) -> Any:
        """The value of a script's last expression in the page, awaited."""
        result = self.sent("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def pictured(self, path: Path) -> None:
        """Writes a picture of the whole page."""
        data = self.sent("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))


def program() -> str:
    """The browser's program; empty where there is none."""
    return os.environ.get("CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), "")


@contextmanager
def started() -> Generator[Browser, None, None]:
    """A browser for as long as it is needed."""
    from_us, to_us = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={profile}")
        ours = (from_us[0], to_us[1])
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{ours[0]} 4>&{ours[1]}', "bash", program(), *flags, "about:blank"], pass_fds=ours, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for end in ours:
            os.close(end)
        try:
            with os.fdopen(from_us[1], "wb") as to, os.fdopen(to_us[0], "rb") as back:
                yield Browser(to, back)
        finally:
            process.kill()
            process.wait()
