// A guest book of one page without any package: what an app needs to live under a mount and to be replaced unnoticed.
import http from 'node:http';

/** The path under which the front end serves this app: '/alice_hello-node', or '' at the root. */
const mount = (process.env.SCRIPT_NAME ?? '').replace(/\/+$/, '');

const routes = {
  'GET /': (request, response) => {
    const name = nameIn(request.headers.cookie);
    send(response, 200, page(`Hello${name === '' ? '' : `, ${escape(name)}`}!`, form()));
  },
  'POST /greet': async (request, response) => {
    const name = new URLSearchParams(await bodyOf(request)).get('name')?.trim().slice(0, 40) ?? '';
    // The path keeps the cookie from the other apps of the same host.
    const cookie = `name=${encodeURIComponent(name)}; Path=${mount}/; Max-Age=86400; HttpOnly; SameSite=Lax`;
    response.writeHead(303, {location: `${mount}/`, 'set-cookie': cookie}).end();
  },
  'GET /about': (request, response) => {
    send(
      response,
      200,
      page('About', `<p>An example of appsup, without any package.</p><p><a href="${mount}/">Back</a></p>`),
    );
  },
};

const server = http.createServer((request, response) => {
  const path = pathBelowMount(request.url);
  if (path === undefined && request.url === mount)
    return response.writeHead(308, {location: `${mount}/`}).end();
  const route = routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${path}`];
  if (route === undefined)
    return send(response, 404, page('Not found', `<p><a href="${mount}/">Home</a></p>`));
  Promise.resolve(route(request, response)).catch((error) => {
    if (response.headersSent) return response.destroy(error);
    return send(
      response,
      error.status ?? 500,
      page(error.status === undefined ? 'Something went wrong' : error.message, ''),
    );
  });
});

// Replaced: take no new visitors, finish with those who are here, leave.
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

// A socket that the supervisor holds and keeps open over a restart; else the port that it names.
if (Number(process.env.LISTEN_FDS) > 0) server.listen({fd: 3});
else server.listen({host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT ?? 3000)});

server.once('listening', () => {
  const {address, port} = server.address();
  console.log(`hello-node listens on http://${address}:${port}${mount}/`);
});
server.once('error', (error) => {
  console.error(`Cannot listen: ${error.message}`);
  process.exit(1);
});

/** '/alice_hello-node/about?x=1' → '/about'; undefined for what is not below the mount. */
function pathBelowMount(url) {
  const path = url.split('?', 1)[0];
  return path.startsWith(`${mount}/`) ? path.slice(mount.length) : undefined;
}

function form() {
  return `
  <p>This app is mounted at <code>${mount || '/'}</code>; process ${process.pid} answered at ${new Date().toLocaleTimeString('en-GB')}.</p>
  <form method="post" action="${mount}/greet">
    <label>Your name <input name="name" maxlength="40" required autofocus></label>
    <button>Say hello</button>
  </form>
  <p><a href="${mount}/about">What is this?</a></p>`;
}

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hello from Node</title>
<style>:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif } main { max-width: 34rem; margin: 15vh auto 0 }</style>
<main>
  <h1>${title}</h1>${body}
</main>
`;
}

function send(response, status, html) {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
  });
  response.end(html);
}

async function bodyOf(request) {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) {
    text += part;
    if (text.length > 10_000) throw Object.assign(new Error('Too long'), {status: 413});
  }
  return text;
}

function nameIn(cookies = '') {
  const value = /(?:^|; )name=([^;]*)/.exec(cookies)?.[1] ?? '';
  try {
    return decodeURIComponent(value);
  } catch {
    return ''; // a cookie that is not ours
  }
}

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
