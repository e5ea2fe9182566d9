const LISTEN = [
  'import os, socket, sys',
  'for fd in range(3, 3 + int(sys.argv[1])):',
  '    s = socket.socket(fileno=fd); s.listen(1024); s.detach()',
  'os.execv(sys.argv[2], sys.argv[2:])',
].join('\n');

/**
 * A command that finds its first inherited sockets listening. uWSGI and Twisted believe that a descriptor they are handed
 * does so already, and refuse every visitor if it does not.
 */
export function listeningFirst(python: string, count: number, command: readonly string[]): readonly string[] {
  return [python, '-I', '-S', '-c', LISTEN, String(count), ...command];
}
