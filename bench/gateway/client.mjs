// Visitors over kept connections, as a front end has them.
import http from 'node:http';
import net from 'node:net';

import {sleep} from '../lib/processes.mjs';

/** So many requests by so many visitors; resolves with requests per second and failures. */
export async function ask(port, path, {requests, visitors = 16, methods = ['GET'], pauseMs = () => 0}) {
  const agent = new http.Agent({keepAlive: true, maxSockets: visitors});
  let left = requests;
  let failed = 0;
  const begun = performance.now();
  const visitor = async () => {
    for (; left > 0;) {
      left--;
      if (!(await once(port, path, methods[left % methods.length], agent))) failed++;
      const pause = pauseMs();
      if (pause > 0) await sleep(pause);
    }
  };
  await Promise.all(Array.from({length: visitors}, visitor));
  agent.destroy();
  return {rate: (requests * 1000) / (performance.now() - begun), failed};
}

async function once(port, path, method, agent) {
  return await new Promise((resolve) => {
    const request = http.request({host: '127.0.0.1', port, path, method, agent}, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
    });
    request.once('error', () => resolve(false));
    request.end();
  });
}

/** Open a connection, send, wait for the first bytes, then leave without a farewell. */
export async function leave(port, text) {
  await new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    socket.once('data', () => socket.resetAndDestroy());
    socket.once('error', () => {});
    socket.once('close', resolve);
  });
}

/** A WebSocket that says something, hears it, and closes. Resolves with whether it was heard. */
export async function echo(port, path) {
  const head = [
    `GET ${path} HTTP/1.1`,
    'Host: bench',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  return await new Promise((resolve) => {
    let heard = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`${head.join('\r\n')}\r\n\r\n`));
    socket.on('data', (data) => {
      const first = heard === '';
      heard += data.toString('latin1');
      if (first) socket.write('hello');
      if (heard.endsWith('hello')) socket.end();
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(heard.startsWith('HTTP/1.1 101 ') && heard.endsWith('hello')));
  });
}
