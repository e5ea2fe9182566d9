import test from 'ava';

import {placeOf} from '../../../src/frontend/verify/place.ts';
import type {PlaceQuestion} from '../../../src/frontend/verify/place.ts';

const NOTHING: PlaceQuestion = {mount: '/tasks', url: undefined, baseUrl: undefined, front: undefined};
const BASE = {baseUrl: 'https://eco.example.ac.uk'};

const TABLE: readonly (readonly [Partial<PlaceQuestion>, url: string, door: string])[] = [
  [BASE, 'https://eco.example.ac.uk/tasks/', 'https eco.example.ac.uk 443'],
  [{...BASE, mount: ''}, 'https://eco.example.ac.uk/', 'https eco.example.ac.uk 443'],
  [{...BASE, url: 'http://other:8080/tasks'}, 'http://other:8080/tasks/', 'http other 8080'],
  [{url: 'https://eco/tasks/'}, 'https://eco/tasks/', 'https eco 443'],
  [{baseUrl: 'https://eco/~alice'}, 'https://eco/~alice/tasks/', 'https eco 443'],
  [{...BASE, front: 'https://127.0.0.1:8443'}, 'https://eco.example.ac.uk/tasks/', 'https 127.0.0.1 8443'],
  [{...BASE, front: 'http://[::1]:8080'}, 'http://eco.example.ac.uk/tasks/', 'http ::1 8080'],
  [{baseUrl: 'https://eco:4430', front: 'http://127.0.0.1'}, 'http://eco/tasks/', 'http 127.0.0.1 80'],
  [{front: 'http://127.0.0.1:8080'}, 'http://127.0.0.1:8080/tasks/', 'http 127.0.0.1 8080'],
];

for (const [question, url, door] of TABLE) {
  test(`placeOf() ${JSON.stringify(question)} is ${url}, asked at ${door}`, (t) => {
    const place = placeOf({...NOTHING, ...question});
    if (typeof place === 'string') return t.fail(place);
    t.is(place.url.href, url);
    t.is(Object.values(place.door).join(' '), door);
  });
}

const REFUSED: readonly (readonly [Partial<PlaceQuestion>, RegExp])[] = [
  [{}, /not known/],
  [{url: 'eco.example.ac.uk'}, /no address/],
  [{url: 'file:///etc'}, /no address/],
  [{url: 'https://alice:secret@eco/'}, /no address/],
  [{url: 'https://eco/other'}, /its mount is \/tasks, and not \/other/],
  [{...BASE, front: 'localhost:8080'}, /no address as http:\/\/127/],
];

for (const [question, words] of REFUSED) {
  test(`placeOf() refuses ${JSON.stringify(question)}`, (t) => {
    const place = placeOf({...NOTHING, ...question});
    t.regex(typeof place === 'string' ? place : '', words);
  });
}
