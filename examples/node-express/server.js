// A notice board: pages, a form, a JSON API and static files, in the shape of an Express app.
import {appendFileSync, existsSync, mkdirSync, readFileSync} from 'node:fs';

import express from './small-express.js';

/** The path under which the front end serves this app: '/alice_node-express', or '' at the root. */
const mount = (process.env.SCRIPT_NAME ?? '').replace(/\/+$/, '');
const FILE = 'data/notes.jsonl';
mkdirSync('data', {recursive: true, mode: 0o700});

const board = express.Router();
board.use(express.urlencoded({extended: false}));
board.use(express.json());
board.use('/static', express.static('public'));

board.get('/', (request, response) => {
  response.send(page(notes()));
});
board.post('/notes', (request, response) => {
  add(request.body.text);
  response.redirect(303, `${mount}/`);
});
board.get('/api/notes', (request, response) => {
  response.json(notes());
});
board.post('/api/notes', (request, response) => {
  response.status(201).json(add(request.body.text));
});

const app = express();
app.use(mount === '' ? '/' : mount, board);

// A socket that the supervisor holds and keeps open over a restart; else the port that it names.
const place =
  Number(process.env.LISTEN_FDS) > 0
    ? {fd: 3}
    : {host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT ?? 3000)};
const server = app.listen(place, () => console.log(`listens, mounted at ${mount}/`));

// Replaced: take no new visitors, finish with those who are here, leave.
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

function notes() {
  if (!existsSync(FILE)) return [];
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** A line at the end of a file: the old process and the new one may both do it during a restart. */
function add(text) {
  const note = {text: String(text ?? '').slice(0, 200), at: new Date().toISOString()};
  if (note.text !== '') appendFileSync(FILE, `${JSON.stringify(note)}\n`, {mode: 0o600});
  return note;
}

function page(list) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Notice board</title>
<link rel="stylesheet" href="${mount}/static/style.css">
<main>
  <h1>Notice board</h1>
  <form method="post" action="${mount}/notes">
    <label>Note <input name="text" maxlength="200" required autofocus></label>
    <button>Pin it</button>
  </form>
  <ul>${list.map(({text}) => `<li>${escape(text)}</li>`).join('')}</ul>
</main>
`;
}

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
