# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium that tests drive by the DevTools protocol, over a pipe."""
import base64
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import zlib

LIMIT_S = 60


def program():
    """The browser of this machine, or None."""
    return shutil.which('chromium') or shutil.which('chromium-browser')


class Browser:
    """One page. `problems` has what its console and its log were told as an error."""

    def __init__(self, width=1280, height=900, dark=False):
        self.folder = tempfile.mkdtemp()
        self.problems = []
        self.number = 0
        self.session = None
        self.bytes = b''
        theirs, self.to = os.pipe()
        self.answers, also_theirs = os.pipe()

        def three_and_four():
            # above both first, since a descriptor may be 3 or 4 already
            high = [os.dup2(theirs, 60), os.dup2(also_theirs, 61)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [program(), '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
             '--disable-dev-shm-usage', '--remote-debugging-pipe', '--hide-scrollbars',
             f'--window-size={width},{height}', f'--user-data-dir={self.folder}'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=three_and_four, close_fds=False,
            start_new_session=True)
        os.close(theirs)
        os.close(also_theirs)
        target = self.call('Target.createTarget', url='about:blank')
        self.session = self.call('Target.attachToTarget', flatten=True,
                                 targetId=target['targetId'])['sessionId']
        for domain in ('Runtime', 'Log', 'Page'):
            self.call(f'{domain}.enable')
        if dark:
            self.call('Emulation.setEmulatedMedia', features=[
                {'name': 'prefers-color-scheme', 'value': 'dark'}])

    def _receive(self):
        """The next message of the browser."""
        end = time.monotonic() + LIMIT_S
        while b'\0' not in self.bytes:
            if not select.select([self.answers], [], [], end - time.monotonic())[0]:
                raise TimeoutError('the browser does not answer')
            more = os.read(self.answers, 1 << 20)
            if not more:
                raise EOFError('the browser has ended')
            self.bytes += more
        text, self.bytes = self.bytes.split(b'\0', 1)
        return json.loads(text)

    def _note(self, message):
        """Keep what a message of the browser says about an error."""
        method, params = message.get('method'), message.get('params', {})
        if method == 'Runtime.exceptionThrown':
            self.problems.append(json.dumps(params['exceptionDetails'])[:500])
        elif (method == 'Runtime.consoleAPICalled' and
              params['type'] in ('error', 'assert')):
            self.problems.append(json.dumps(params['args'])[:500])
        elif method == 'Log.entryAdded' and params['entry']['level'] == 'error':
            self.problems.append(params['entry']['text'] + ' ' +
                                 params['entry'].get('url', ''))
        elif method == 'Page.javascriptDialogOpening':
            self.problems.append('a dialog: ' + params['message'])

    def call(self, method, **params):
        """Call a method of the protocol, and return its result."""
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        while True:
            answer = self._receive()
            self._note(answer)
            if answer.get('id') == self.number:
                if 'error' in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer['result']

    def open(self, url):
        self.call('Page.navigate', url=url)

    def value(self, expression):
        """The value of an expression of JavaScript, whose promise is awaited."""
        result = self.call('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True)
        if 'exceptionDetails' in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result['result'].get('value')

    def wait(self, expression, seconds=30):
        """Wait until an expression is true. Returns its last value."""
        end = time.monotonic() + seconds
        while not (value := self.value(expression)) and time.monotonic() < end:
            time.sleep(0.1)
        return value

    def screenshot(self, file=None):
        """The page as a PNG, also written to a file."""
        image = base64.b64decode(self.call('Page.captureScreenshot', format='png',
                                           captureBeyondViewport=True)['data'])
        if file:
            with open(file, 'wb') as stream:
                stream.write(image)
        return image

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.to)
        os.close(self.answers)
        shutil.rmtree(self.folder, ignore_errors=True)


def distinct_bytes(png):
    """How many values the bytes of an image's pixels have; of a blank one, few."""
    at, data = 8, b''
    while at < len(png):
        size, kind = struct.unpack('>I4s', png[at:at + 8])
        if kind == b'IDAT':
            data += png[at + 8:at + 8 + size]
        at += size + 12
    return len(set(zlib.decompress(data)))
