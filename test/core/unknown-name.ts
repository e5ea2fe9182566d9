import test from 'ava';

import {didYouMean, unknownApp, unknownProgram} from '../../src/core/unknown-name.ts';

const FLASKTASKS = {programs: ['web', 'queue'], tasks: ['update'], jobs: ['nightly']};
const APPS = new Map([
  ['spectral', {programs: ['web'], tasks: [], jobs: []}],
  ['flasktasks', FLASKTASKS],
]);

for (const [name, hint] of [
  ['flasktsks', 'did you mean "flasktasks"?'],
  ['web', 'it is a program: flasktasks:web, spectral:web'],
  ['queue', 'it is a program: flasktasks:queue'],
  ['other', 'known apps: flasktasks, spectral'],
] as const) {
  test(`unknownApp() says of "${name}": ${hint}`, (t) => t.is(unknownApp(name, APPS), hint));
}

test('unknownApp() says how to add the first one', (t) => {
  t.is(unknownApp('any', new Map()), 'there are none yet: appsup add DIRECTORY');
});

for (const [name, hint] of [
  ['qeue', 'did you mean "flasktasks:queue"?'],
  ['update', 'it is a task: appsup run flasktasks update'],
  ['nightly', 'it is a job: appsup run flasktasks nightly'],
  ['other', 'programs of flasktasks: web, queue'],
] as const) {
  test(`unknownProgram() says of "${name}": ${hint}`, (t) => {
    t.is(unknownProgram('flasktasks', name, FLASKTASKS), hint);
  });
}

test('unknownProgram() leads to the mistakes of a file of which nothing is known', (t) => {
  const nothing = {programs: [], tasks: [], jobs: []};
  t.is(unknownProgram('spectral', 'web', nothing), 'what it has is not known: appsup check spectral');
});

test('didYouMean() says something else when nothing is near', (t) => {
  t.is(didYouMean('updat', ['update'], 'none'), 'did you mean "update"?');
  t.is(didYouMean('other', ['update'], 'none'), 'none');
});
