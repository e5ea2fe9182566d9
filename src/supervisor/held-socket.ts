import http from 'node:http';
import net from 'node:net';

import {connectTo} from '../system/sockets.ts';
import type {Address, RawSocket, Sockets} from '../system/sockets.ts';
import {answerTo, takeVisitor} from './challenge.ts';
import type {FrontSocket} from './front-socket.ts';
import {OpenQuestions} from './open-questions.ts';
import type {ChallengeOutcome, Question} from './open-questions.ts';
import {readHead, readOpening} from './opening.ts';

const CLOSED = [
  ['content-type', 'text/html; charset=utf-8'],
  ['cache-control', 'no-store'],
  ['retry-after', '10'],
  ['connection', 'close'],
] as const;

/** For a visitor to send a request and take the answer. */
const PATIENCE_MS = 15_000;

/**
 * The listening socket of an app, a port or a Unix socket, from its first start until the app is removed.
 *
 * It is either `quiet` (held, handed to processes, visitors queue in it), or `answering` (no process is there, so the
 * supervisor says so with 503, and nobody else can take the port).
 */
export class HeldSocket {
  readonly address: Address;
  /** Of a Unix socket. */
  readonly file: FrontSocket | undefined;
  readonly #sockets: Sockets;
  #at: {readonly raw: RawSocket} | {readonly raw: RawSocket; readonly server: http.Server};
  #quieting: Promise<number> | undefined;
  /** The wish of the last call; it may change while a copy is under way. */
  #page: (() => string) | undefined;
  /** Whom to tell of the next visitor, whom we do not accept; the wish of the last call, as above. */
  #onVisitor: (() => void) | undefined;
  /** The copy that is watched for him. */
  #watched: RawSocket | undefined;
  readonly #questions = new OpenQuestions();
  /** While there are questions. */
  #taking: Promise<void> | undefined;

  private constructor(sockets: Sockets, at: number | FrontSocket, raw: RawSocket) {
    this.#sockets = sockets;
    this.file = typeof at === 'number' ? undefined : at;
    this.address = typeof at === 'number' ? {port: at} : {path: at.path};
    this.#at = {raw};
  }

  /**
   * Bind the port, or make the Unix socket, and listen.
   *
   * @throws Error with `code` `EADDRINUSE`, `EACCES`, ...
   */
  static bind(sockets: Sockets, at: number | FrontSocket, page: () => string): HeldSocket {
    const held = new HeldSocket(sockets, at, typeof at === 'number' ? sockets.bindPort(at) : at.bind());
    // A port that is bound and not listened on could still be taken by another user's listen(2).
    held.answer(page);
    return held;
  }

  /** Hold a socket that came from a predecessor or an adopted process; it listens already. */
  static adopt(sockets: Sockets, at: number | FrontSocket, raw: RawSocket): HeldSocket {
    return new HeldSocket(sockets, at, raw);
  }

  get answering(): boolean {
    return 'server' in this.#at;
  }

  /** Descriptor to hand over to a successor; whether quiet or answering. */
  get fd(): number {
    return this.#at.raw.fd;
  }

  /** True when the next visitor is told of. */
  get awaiting(): boolean {
    return this.#watched !== undefined;
  }

  /**
   * Accept nobody, and tell of the next visitor, once; he waits in the socket for whoever accepts.
   *
   * Resolves when that is so, or something else is wished meanwhile.
   */
  async await(onVisitor: () => void): Promise<void> {
    if (this.#onVisitor === onVisitor) return;
    const fresh = this.quiet();
    this.#onVisitor = onVisitor;
    await fresh;
    const copy = await this.#sockets.duplicate(this.#at.raw);
    if (this.#onVisitor !== onVisitor) return copy.close();
    this.#watched = copy;
    copy.onVisitor(() => {
      this.#unwatch();
      onVisitor();
    });
  }

  #unwatch(): void {
    this.#onVisitor = undefined;
    this.#watched?.close();
    this.#watched = undefined;
  }

  /** Answer 503 to every visitor with the page of the moment. */
  answer(page: () => string): void {
    this.#unwatch();
    this.#page = page;
    if ('server' in this.#at) return;
    const {raw} = this.#at;
    const server = http.createServer({connectionsCheckingInterval: 2 ** 31 - 1}, (request, response) => {
      request.resume();
      const {url = ''} = request;
      const asked = this.#questions.askedBy(url);
      if (asked !== undefined) {
        for (const [name, value] of asked.headers) response.appendHeader(name, value);
        response.writeHead(200, {
          'content-type': 'text/plain; charset=utf-8',
          'cache-control': 'no-store',
          connection: 'close',
        });
        response.end(asked.answer);
        return this.#questions.answered(url, headOf(request));
      }
      response.writeHead(503, CLOSED.flat());
      response.end(request.method === 'HEAD' ? undefined : this.#page?.());
    });
    server.maxConnections = 256;
    // Node would look for late visitors every 30 s, also when there are none; one timer per visitor costs nothing then.
    server.on('connection', (visitor) => {
      const late = setTimeout(() => visitor.destroy(), PATIENCE_MS);
      visitor.once('close', () => clearTimeout(late));
    });
    // A visitor who leaves early is no event for us. A front end that speaks uwsgi is no HTTP client.
    server.on('clientError', (error: Error & {readonly rawPacket?: Buffer}, visitor) => {
      const {rawPacket} = error;
      // Each further piece of a request that was answered fails in the same way.
      if (visitor.writableEnded) return;
      if (rawPacket?.[0] !== 0 || !(visitor instanceof net.Socket)) visitor.destroy();
      else this.#answerPacket(rawPacket, visitor);
    });
    server.on('error', () => undefined);
    raw.serve(server);
    // The page must not keep a supervisor alive that wants to end.
    server.unref();
    this.#at = {raw, server};
  }

  /** The same over the uwsgi protocol, whose answers are HTTP. */
  #answerPacket(packet: Buffer, visitor: net.Socket): void {
    // What is left unread would have the kernel break off the connection before the answer is read.
    visitor.resume();
    const opening = readOpening(packet);
    const head = readHead(packet);
    if (head !== undefined && opening.id === 'request') {
      const asked = this.#questions.askedBy(opening.target);
      if (asked !== undefined) {
        answerTo(visitor, asked, head);
        return this.#questions.answered(opening.target, head);
      }
    }
    const lines = ['HTTP/1.1 503 Service Unavailable', ...CLOSED.map((field) => field.join(': '))];
    visitor.end(`${lines.join('\r\n')}\r\n\r\n${this.#page?.() ?? ''}`);
  }

  /** Stop answering, keep the socket: whoever gets the descriptor accepts from now on. */
  async quiet(): Promise<number> {
    this.#unwatch();
    this.#page = undefined;
    if (!('server' in this.#at)) return this.#at.raw.fd;
    this.#quieting ??= this.#hush(this.#at).finally(() => {
      this.#quieting = undefined;
    });
    return await this.#quieting;
  }

  /** Wait for a visitor with a question; see {@link takeVisitor}. Others are served as ever. */
  async challenge(question: Question): Promise<ChallengeOutcome> {
    const outcome = this.#questions.put(question);
    this.#taking ??= this.#takeVisitors();
    return await Promise.race([outcome, this.#taking.then(async () => await outcome)]);
  }

  /** One after the other, as long as somebody wants to know of them. */
  async #takeVisitors(): Promise<void> {
    try {
      await this.#quieting;
      while (this.#questions.any) {
        if ('server' in this.#at) await this.#questions.idle();
        else
          await takeVisitor(
            await this.#sockets.duplicate(this.#at.raw),
            connectTo(this.address),
            this.#questions,
          );
      }
    } finally {
      // At once: the next question may be there before whoever waits for this.
      this.#taking = undefined;
    }
  }

  /** Let go of the address; nothing of it is left. */
  remove(): void {
    this.close();
    this.file?.remove();
  }

  /** Let go of the socket. Whoever has a copy goes on with it. */
  close(): void {
    this.#unwatch();
    if ('server' in this.#at) this.#at.server.close();
    else this.#at.raw.close();
  }

  /** Closing a server closes its descriptor, so a copy is made first and the port is never without a holder. */
  async #hush(at: {readonly raw: RawSocket; readonly server: http.Server}): Promise<number> {
    const raw = await this.#sockets.duplicate(at.raw);
    this.#at = {raw};
    at.server.close();
    at.server.closeIdleConnections();
    if (this.#page !== undefined) this.answer(this.#page);
    return raw.fd;
  }
}

/** As it came, but for the blanks around values. */
function headOf({method = '', url = '', httpVersion, rawHeaders}: http.IncomingMessage): string {
  const fields = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [`\r\n${name}: ${rawHeaders[at + 1] ?? ''}`] : [],
  );
  return `${method} ${url} HTTP/${httpVersion}${fields.join('')}`;
}
