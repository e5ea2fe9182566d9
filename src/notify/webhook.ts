import http from 'node:http';
import https from 'node:https';

import {systemCode} from '../errors.ts';
import {DELIVERED, undelivered} from './delivery.ts';
import type {Delivery} from './delivery.ts';
import type {Message} from './message.ts';
import {cut} from './plain.ts';

/** From the connection to the end of the head of the answer. */
const WEBHOOK_MS = 15_000;
/** Discord refuses a longer `content`. */
const MOST_CONTENT = 1900;

/**
 * Post a message as JSON: the {@link Message.facts}, `subject`, and the text as `text` (Slack, Mattermost) and `content` (Discord).
 *
 * A redirect is not followed: what is said here is for the address that the user wrote down.
 */
export async function tellWebhook(
  message: Message,
  address: string,
  timeoutMs = WEBHOOK_MS,
): Promise<Delivery> {
  const url = new URL(address);
  const body = JSON.stringify(payload(message));
  return await new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'appsup',
      },
    });
    // Not the socket's own timeout: one byte now and then would put that off for ever.
    const late = setTimeout(
      () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    request.once('error', (error) => {
      clearTimeout(late);
      resolve(undelivered(`${url.host}: ${reasonOf(error)}`, true));
    });
    request.once('response', (response) => {
      clearTimeout(late);
      resolve(outcome(url, response));
      // Its body does not matter, and an endless one must not keep us.
      response.destroy();
    });
    request.end(body);
  });
}

/** Pure. */
export function payload({subject, text, facts}: Message): Readonly<Record<string, unknown>> {
  return {...facts, subject, text, content: cut(text, MOST_CONTENT)};
}

function outcome(url: URL, {statusCode: status = 0, headers}: http.IncomingMessage): Delivery {
  if (status >= 200 && status < 300) return DELIVERED;
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    return undelivered(
      `${url.host} answered ${status}, a redirect, which is not followed: correct webhook = ...`,
    );
  }
  return undelivered(`${url.host} answered ${status}`, status === 429 || status >= 500);
}

/** Of a host with several addresses the error has no message, but one for each. */
function reasonOf(error: Error): string {
  return error.message || (systemCode(error) ?? 'no connection');
}
