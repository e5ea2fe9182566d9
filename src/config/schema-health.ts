import * as v from 'valibot';

import {choice, duration, key, pattern, status, text, wholeNumber, words} from './keys.ts';

const SINCE = {since: '0.1.0'} as const;

/** `health` of a program. */
export const healthSchema = v.object({
  kind: key(choice(['http', 'tcp', 'exec', 'log', 'none']), {
    description:
      'How a started process is proven ready: by an HTTP answer, a TCP connection, a command that ends with 0, a line that it prints, or only by staying up for start_time.',
    defaultNote:
      '"exec" if there is a command, "log" if there is a pattern, else "http" for the program that listens and "none" for the others',
    example: '"tcp"',
    ...SINCE,
  }),
  path: key(text, {
    description: 'The page to ask for, below the mount.',
    default: '/',
    example: '"/health"',
    ...SINCE,
  }),
  host: key(text, {
    description: "The Host header to send, for apps that check it (Django's ALLOWED_HOSTS).",
    defaultNote: 'the public host, if base_url is known',
    example: '"eco.example.ac.uk"',
    ...SINCE,
  }),
  status: key(status, {
    description: 'Statuses that count as up.',
    defaultNote: 'all but 500, 502, 503 and 504',
    example: '[200, 302]',
    ...SINCE,
  }),
  command: key(words, {
    description:
      'A command that ends with 0 when the program is well; it runs in the program\'s directory and environment, without a shell. For kind = "exec".',
    example: '"python manage.py check_queue"',
    ...SINCE,
  }),
  pattern: key(pattern, {
    description:
      'A regular expression (JavaScript) for the line that the program prints when it is ready. For kind = "log".',
    example: '"Listening on port [0-9]+"',
    ...SINCE,
  }),
  timeout: key(duration('5s', 1), {
    description: 'How long one request, connection or command may take.',
    unit: 'duration',
    default: '5s',
    example: '"10s"',
    ...SINCE,
  }),
  every: key(duration('30s', 1000), {
    description: 'Ask a running program again and again, this often.',
    unit: 'duration',
    defaultNote: 'it is asked only when it starts',
    example: '"30s"',
    ...SINCE,
  }),
  failures: key(wholeNumber(1, 1000), {
    description: 'So many failed checks in a row make it unhealthy. Needs every.',
    default: 3,
    example: '5',
    ...SINCE,
  }),
  on_unhealthy: key(choice(['restart', 'report']), {
    description:
      'What to do then: "restart" it, or only "report" it in status, events and notices. Needs every.',
    default: 'restart',
    example: '"report"',
    ...SINCE,
  }),
});

export type HealthFile = v.InferOutput<typeof healthSchema>;
