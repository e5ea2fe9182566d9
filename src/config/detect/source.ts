/** A callable of a web app that a Python text defines. */
export interface Callable {
  /** As it follows the colon of `module:callable`: `app`, `create_app()`. */
  readonly name: string;
  readonly interface: 'wsgi' | 'asgi';
  /** What was seen, for people: `app = Flask(...)`. */
  readonly why: string;
}

const ASGI = ['FastAPI', 'Starlette', 'Quart', 'Litestar', 'BlackSheep', 'Sanic'];
const WSGI = ['Flask', 'Bottle', 'Falcon', 'APIFlask', 'OpenAPI', 'Dash'];

const CONSTRUCTED = new RegExp(
  String.raw`^([A-Za-z_]\w*)(?:\s*:[^=\n]+)?\s*=\s*(?:\w+\.)*(${[...ASGI, ...WSGI].join('|')})\(`,
  'gm',
);
const GETTER = /^(\w+)\s*=\s*(?:[\w.]+\.)?(get_wsgi_application|get_asgi_application)\(/gm;
const ASSIGNED = /^(application|app|server|wsgi_app)(?:\s*:[^=\n]+)?\s*=(?!=)\s*([^\n]{1,60})/gm;
const IMPORTED = /^from\s+[\w.]+\s+import\s+(?:[^\n#]*\b(\w+)\s+as\s+)?[^\n#]*\b(application|app)\b/gm;
const FACTORY =
  /^(?:async\s+)?def\s+(create_app|make_app|get_app|app_factory|create_application|application)\s*\(([^)]{0,500})\)/gm;

/**
 * The callables of a Python text, best first, found by reading: nothing is imported, so nothing of the app's runs.
 *
 * Only what begins a line counts: a name inside a function is not reachable as `module:name`.
 */
export function callablesIn(source: string): readonly Callable[] {
  const text = withoutStrings(source);
  const asgi = ASGI.some((name) => new RegExp(String.raw`\b${name}\b`).test(text)) && !/\bFlask\b/.test(text);
  const found: Callable[] = [];
  for (const [, name = '', maker = ''] of text.matchAll(CONSTRUCTED)) {
    // Dash's callable is its server: `app.server`.
    const dash = maker === 'Dash';
    found.push({
      name: dash ? `${name}.server` : name,
      interface: ASGI.includes(maker) ? 'asgi' : 'wsgi',
      why: `${name} = ${maker}(...)`,
    });
  }
  for (const [, name = '', getter = ''] of text.matchAll(GETTER)) {
    found.push({name, interface: getter.includes('asgi') ? 'asgi' : 'wsgi', why: `${name} = ${getter}()`});
  }
  for (const [, name = '', value = ''] of text.matchAll(ASSIGNED)) {
    found.push({name, interface: asgi ? 'asgi' : 'wsgi', why: `${name} = ${value.trim()}`});
  }
  for (const [, , name = ''] of text.matchAll(IMPORTED)) {
    found.push({name, interface: asgi ? 'asgi' : 'wsgi', why: `${name} is imported`});
  }
  for (const [, name = '', parameters = ''] of text.matchAll(FACTORY)) {
    const callable = factoryCall(name, parameters);
    if (callable !== undefined)
      found.push({
        name: callable,
        interface: asgi ? 'asgi' : 'wsgi',
        why: `def ${name}(${parameters.trim()})`,
      });
  }
  return found.filter((each, index) => found.findIndex((other) => other.name === each.name) === index);
}

/** `def application(environ, start_response)` is the callable; a factory can be called if nothing has to be handed to it. */
function factoryCall(name: string, parameters: string): string | undefined {
  const required = parameters
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.includes('=') && !each.startsWith('*'));
  if (name === 'application') return required.length === 2 ? name : undefined;
  return required.length === 0 ? `${name}()` : undefined;
}

/** No line of code that matters is longer; and no expression above may go over a generated one again and again. */
const LONGEST_LINE = 500;

/** Long strings may hold examples of code. */
function withoutStrings(source: string): string {
  const lines = source.split('\n').filter((line) => line.length <= LONGEST_LINE);
  return lines
    .join('\n')
    .replace(/\r\n?/g, '\n')
    .replace(/("""|''')[^]*?\1/g, '""');
}

/** The module of `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ktyper.settings")` in a `manage.py`: `ktyper`. */
export function djangoProject(manage: string): string | undefined {
  return /DJANGO_SETTINGS_MODULE["']\s*,\s*["']([A-Za-z_][\w]*)(?:\.\w+)+["']/.exec(manage)?.[1];
}
