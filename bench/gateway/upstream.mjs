// An app of the smallest page there is: node upstream.mjs PORT [IDLE_MS]. With IDLE_MS it closes connections that are idle for so long.
import http from 'node:http';

const [port, idleMs] = process.argv.slice(2).map(Number);
const page = Buffer.alloc(100, 'a');
const endless = Buffer.alloc(65_536);

const server = http.createServer((request, response) => {
  if (request.url.endsWith('/endless')) {
    const more = () => {
      while (response.write(endless));
    };
    response.on('drain', more);
    return more();
  }
  response.writeHead(200, {'content-type': 'text/plain', 'content-length': page.length});
  response.end(request.method === 'HEAD' ? undefined : page);
});
if (idleMs > 0) {
  server.on('connection', (socket) => {
    let timer;
    socket.on('data', () => {
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), idleMs);
    });
    socket.once('close', () => clearTimeout(timer));
  });
}
server.on('upgrade', (_request, socket) => {
  socket.on('error', () => {});
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  socket.pipe(socket);
});
server.listen(port, '127.0.0.1');
