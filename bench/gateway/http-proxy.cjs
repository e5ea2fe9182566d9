// The peer: http-proxy as its users run it behind a front end, with a keep-alive agent and X-Forwarded-*. node http-proxy.cjs MODULE PORT UPSTREAM_PORT
const http = require('node:http');

const [file, port, upstream] = process.argv.slice(2);
const agent = new http.Agent({keepAlive: true, maxSockets: 256, maxFreeSockets: 64});
const proxy = require(file).createProxyServer({agent, target: `http://127.0.0.1:${upstream}`, ws: true, xfwd: true});
proxy.on('error', (_error, _request, response) => {
  if (response.writeHead) response.writeHead(502);
  response.end();
});
const server = http.createServer((request, response) => proxy.web(request, response));
server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
server.listen(Number(port), '127.0.0.1');
