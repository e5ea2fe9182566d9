// As much of Express as server.js uses, on node:http, so that the example needs no package index.
// With `npm install express`, server.js imports 'express' instead, and nothing else changes.
import {readdirSync, readFileSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const LARGEST_BODY = 100_000;
const TYPES = {'.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.png': 'image/png'};

/** An app is a router that listens. */
export default function express() {
  const app = Router();
  app.listen = (place, told) =>
    http
      .createServer((request, response) => {
        dress(response);
        request.url = new URL(request.url, 'http://localhost').pathname;
        app(request, response, (error) => finish(response, error));
      })
      .listen(place, told);
  return app;
}

express.Router = Router;

/** `use` takes everything below a path, which it cuts off; `get` and `post` take one path. */
function Router() {
  const layers = [];
  const router = (request, response, done) => {
    const {url} = request;
    const next = (index) => (error) => {
      request.url = url;
      const layer = layers[index];
      if (error !== undefined || layer === undefined) return done(error);
      return layer(request, response, next(index + 1));
    };
    next(0)();
  };
  router.use = (...words) => {
    const [below, handler] = words.length === 1 ? ['/', words[0]] : words;
    const prefix = below.replace(/\/$/, '');
    layers.push((request, response, next) => {
      if (request.url !== prefix && !request.url.startsWith(`${prefix}/`)) return next();
      request.url = request.url.slice(prefix.length) || '/';
      return attempt(handler, request, response, next);
    });
  };
  for (const method of ['GET', 'POST'])
    router[method.toLowerCase()] = (where, handler) => {
      layers.push((request, response, next) => {
        const asked = request.method === 'HEAD' ? 'GET' : request.method;
        if (asked !== method || request.url !== where) return next();
        return attempt(handler, request, response, next);
      });
    };
  return router;
}

/** The files that are there at the start, and no others. */
express.static = (directory) => {
  const files = new Map(
    readdirSync(directory).map((name) => [`/${name}`, readFileSync(path.join(directory, name))]),
  );
  return (request, response, next) => {
    const file = files.get(request.url);
    if (file === undefined) return next();
    return response.type(TYPES[path.extname(request.url)] ?? 'application/octet-stream').send(file);
  };
};

express.json = () => parser('application/json', (text) => JSON.parse(text));
express.urlencoded = () =>
  parser('application/x-www-form-urlencoded', (text) => Object.fromEntries(new URLSearchParams(text)));

function parser(type, parse) {
  return async (request, response, next) => {
    request.body ??= {};
    if (!request.headers['content-type']?.startsWith(type)) return next();
    try {
      request.body = parse(await bodyOf(request)) ?? {};
    } catch (error) {
      return next(Object.assign(error, {status: error.status ?? 400}));
    }
    return next();
  };
}

async function bodyOf(request) {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) {
    text += part;
    if (text.length > LARGEST_BODY) throw Object.assign(new Error('Too large'), {status: 413});
  }
  return text;
}

async function attempt(handler, request, response, next) {
  try {
    await handler(request, response, next);
  } catch (error) {
    next(error);
  }
}

function dress(response) {
  response.status = (code) => Object.assign(response, {statusCode: code});
  response.type = (type) => response.setHeader('content-type', type);
  response.json = (value) => response.type('application/json').end(JSON.stringify(value));
  response.redirect = (code, location) => response.status(code).setHeader('location', location).end();
  response.send = (body) => {
    if (!response.hasHeader('content-type')) response.type('text/html; charset=utf-8');
    return response.end(body);
  };
}

function finish(response, error) {
  if (error !== undefined && error.status === undefined) console.error(error);
  if (response.headersSent) return response.destroy();
  const code = error === undefined ? 404 : (error.status ?? 500);
  return response.status(code).type('text/plain').send(`${http.STATUS_CODES[code]}\n`);
}
