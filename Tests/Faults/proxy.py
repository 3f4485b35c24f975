"""A TCP proxy in its own process, which can cut connections and slow them down."""

import asyncio
import multiprocessing


class Proxy:
    """Forwards connections from a port of its own to another port of this machine."""

    PASS, CUT, SLOW = range(3)
    #: The seconds by which each piece is delayed, in both directions, in slow mode.
    LATENESS = 0.05

    def __init__(self, target):
        self.target = target
        self.mode = multiprocessing.Value("i", self.PASS, lock=False)
        ours, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self.run, args=(theirs,), daemon=True)
        self.process.start()
        self.port = ours.recv()

    def set(self, mode):
        """Changes the mode of the proxy. If it is cut, existing and new connections are reset."""
        self.mode.value = mode

    def run(self, pipe):
        asyncio.run(self.main(pipe))

    async def main(self, pipe):
        self.writers = set()
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        while True:
            await asyncio.sleep(0.02)
            if self.mode.value == self.CUT:
                for writer in list(self.writers):
                    writer.transport.abort()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        other = None
        try:
            if self.mode.value == self.CUT:
                return
            answers, other = await asyncio.open_connection("127.0.0.1", self.target)
            self.writers.add(other)
            await asyncio.gather(self.pump(reader, other), self.pump(answers, writer))
        except OSError:
            pass
        finally:
            for end in filter(None, (writer, other)):
                self.writers.discard(end)
                end.transport.abort()

    async def pump(self, reader, writer):
        while data := await reader.read(65_536):
            if self.mode.value == self.SLOW:
                await asyncio.sleep(self.LATENESS)
            writer.write(data)
            await writer.drain()
        writer.write_eof()
