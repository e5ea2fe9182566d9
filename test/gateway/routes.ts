import test from 'ava';

import {parseRoutes, serializeRoutes} from '../../src/gateway/routes.ts';
import {route} from '../helpers/gateway-world.ts';

test('parseRoutes() reads what serializeRoutes() wrote', (t) => {
  const routes = [
    route(),
    route({
      mount: '',
      prefix: 'none',
      upstream: {kind: 'unix', path: '/run/x.sock'},
      front: {
        statics: [{path: '/', directory: '/srv/x'}],
        passes: ['/api'],
        fallback: 'index.html',
        maintenance: 'Back at <noon>',
      },
    }),
  ];
  t.deepEqual(parseRoutes(serializeRoutes(routes)), {ok: true, routes});
});

test('parseRoutes() takes nothing of a table with a mistake, and says where it is', (t) => {
  const broken = (changes: object): string =>
    JSON.stringify({version: 1, routes: [route(), {...route(), ...changes}]});
  const front = (changes: object): string => broken({front: {...route().front, ...changes}});
  const rows: Readonly<Record<string, string>> = {
    '': 'no JSON',
    '{"version":1,"routes":[': 'no JSON',
    null: 'no route table',
    '{"version":2,"routes":[]}': 'no route table',
    '{"version":1}': 'no route table',
    '{"version":1,"routes":[1]}': 'route 0 is no object',
    [broken({app: '../x'})]: 'bad app',
    [broken({mount: '/a/'})]: 'bad mount',
    [broken({mount: ['/a']})]: 'bad mount',
    [broken({prefix: 'x'})]: 'bad prefix',
    [broken({upstream: {kind: 'tcp', port: 70_000}})]: 'bad upstream',
    [broken({upstream: {kind: 'tcp', port: '80'}})]: 'bad upstream',
    [broken({upstream: {kind: 'unix', path: 'x.sock'}})]: 'bad upstream',
    [front({statics: [{path: 'x', directory: '/x'}]})]: 'bad statics',
    [front({passes: ['api']})]: 'bad passes',
    [broken({front: 1})]: 'no front',
    [front({bodyLimitBytes: -1})]: 'bad bodyLimitBytes',
    [front({timeoutMs: 0})]: 'bad timeoutMs',
    [front({maintenance: 1})]: 'bad maintenance',
  };
  for (const [text, problem] of Object.entries(rows)) {
    const read = parseRoutes(text);
    t.true(!read.ok && read.problem.includes(problem), text);
  }
});
