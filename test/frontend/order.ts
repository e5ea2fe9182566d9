import test from 'ava';

import {inOrder} from '../../src/frontend/order.ts';
import type {Mounted} from '../../src/frontend/order.ts';

const app = (mount: string, ...paths: readonly string[]): Mounted => ({
  mount,
  statics: paths.map((path) => ({path, directory: '/srv'})),
});
const order = (front: Parameters<typeof inOrder>[1], apps: readonly Mounted[]) =>
  inOrder(apps, front, (each) => each).map(({mount}) => mount);

const APPS = [app('/a/b'), app(''), app('/a')];

test('inOrder() has the shortest mount first for <Location>, the longest first for flat lines', (t) => {
  t.deepEqual(order('apache', APPS), ['', '/a', '/a/b']);
  t.deepEqual(order('apache-minimal', APPS), ['/a/b', '/a', '']);
});

test('inOrder() puts directories at a mount last for Apache: proxying is stronger than an Alias', (t) => {
  const sites = [app('', '/'), app('/a', '/'), app('/a/b', '/static'), app('/c')];
  t.deepEqual(order('apache', sites), ['/c', '/a/b', '/a', '']);
});
