/** A JSON Schema (draft 7), as far as `--json` needs one: {@link misfits} reads the same keywords. */
export interface Shape {
  readonly description?: string;
  readonly type?: 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object';
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Shape;
}

const said = (description: string | undefined) => (description === undefined ? {} : {description});

export const text = (description?: string): Shape => ({type: 'string', ...said(description)});
export const int = (description?: string): Shape => ({type: 'integer', ...said(description)});
export const num = (description?: string): Shape => ({type: 'number', ...said(description)});
export const bool = (description?: string): Shape => ({type: 'boolean', ...said(description)});
export const is = (value: string | boolean | null): Shape => ({const: value});
export const oneOf = (values: readonly string[], description?: string): Shape => ({
  enum: values,
  ...said(description),
});
export const list = (items: Shape, description?: string): Shape => ({
  type: 'array',
  items,
  ...said(description),
});
/** Names that the user, or the table of verbs, chooses. */
export const byName = (each: Shape, description?: string): Shape => ({
  type: 'object',
  additionalProperties: each,
  ...said(description),
});
/** Described elsewhere: what is in it may grow. */
export const open = (description: string): Shape => ({
  type: 'object',
  additionalProperties: true,
  description,
});

/** The field is always there, and may be null. */
export function orNull({description, ...shape}: Shape): Shape {
  return {anyOf: [shape, {type: 'null'}], ...said(description)};
}

/** An object with these fields and no others; a name that ends in `?` may be missing. */
export function object(fields: Readonly<Record<string, Shape>>, description?: string): Shape {
  const entries = Object.entries(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, shape]) => [name.replace(/\?$/, ''), shape])),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith('?')),
    additionalProperties: false,
    ...said(description),
  };
}

/** Where a value does not fit a shape, and why: `.apps[0].port: expected integer, got "x"`. Empty: it fits. */
export function misfits(shape: Shape, value: unknown, at = ''): readonly string[] {
  const wrong = (expected: string): readonly string[] => [
    `${at || '.'}: expected ${expected}, got ${JSON.stringify(value)?.slice(0, 200)}`,
  ];
  if (shape.anyOf !== undefined) {
    const tries = shape.anyOf.map((each) => misfits(each, value, at));
    // The nearest says most.
    return tries.some((found) => found.length === 0)
      ? []
      : (tries.toSorted((a, b) => a.length - b.length)[0] ?? wrong('something'));
  }
  if ('const' in shape) return value === shape.const ? [] : wrong(JSON.stringify(shape.const));
  if (shape.enum !== undefined) return shape.enum.includes(value) ? [] : wrong(shape.enum.join(', '));
  if (shape.type !== undefined && !isOf(shape.type, value)) return wrong(shape.type);
  if (Array.isArray(value)) {
    return value.flatMap((each: unknown, index) => misfits(shape.items ?? {}, each, `${at}[${index}]`));
  }
  return isObject(value) ? fieldMisfits(shape, value, at) : [];
}

function fieldMisfits(
  {properties = {}, required = [], additionalProperties = true}: Shape,
  value: Readonly<Record<string, unknown>>,
  at: string,
): readonly string[] {
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${at}.${name}: is missing`);
  const found = Object.entries(value).flatMap(([name, each]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) return misfits(known, each, `${at}.${name}`);
    if (typeof additionalProperties === 'object') return misfits(additionalProperties, each, `${at}.${name}`);
    return additionalProperties ? [] : [`${at}.${name}: is not in the schema`];
  });
  return [...missing, ...found];
}

function isOf(type: NonNullable<Shape['type']>, value: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    case 'boolean':
    case 'number':
    case 'string':
      return typeof value === type;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
