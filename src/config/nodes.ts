import * as v from 'valibot';

import type {KeyInfo} from './keys.ts';

type Schema = v.GenericSchema<unknown, unknown>;

/** A step of a valibot pipe after its schema: `regex`, `min_value`, `transform`, ... */
export interface PipeAction {
  readonly type: string;
  readonly requirement?: unknown;
}

/** What a schema is made of, as far as our files use valibot; `actions` are those of its pipe. */
export type Node = {readonly actions: readonly PipeAction[]} & (
  | {readonly type: 'object'; readonly entries: Readonly<Record<string, Schema>>}
  | {readonly type: 'record'; readonly value: Schema}
  | {readonly type: 'array'; readonly item: Schema}
  | {readonly type: 'union'; readonly options: readonly Schema[]}
  | {readonly type: 'picklist'; readonly options: readonly string[]}
  | {readonly type: 'literal'; readonly literal: unknown}
  | {readonly type: 'string' | 'number' | 'boolean'}
);

/** valibot's own fields, which its general types do not show. Documented in its API reference under each schema. */
interface Raw {
  readonly type: string;
  readonly pipe?: readonly (PipeAction & {readonly kind: string})[];
  readonly wrapped?: Schema;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly value?: Schema;
  readonly item?: Schema;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
}

/** Look into a schema. @throws Error for a kind that no file of ours uses: a bug of who wrote the schema */
export function nodeOf(schema: Schema): Node {
  const raw = schema as Raw;
  if (raw.type === 'optional' && raw.wrapped !== undefined) return nodeOf(raw.wrapped);
  const [first, ...rest] = raw.pipe ?? [];
  if (first?.kind === 'schema' && (first as unknown) !== schema && 'pipe' in first) {
    const inner = nodeOf(first as unknown as Schema);
    return {...inner, actions: [...inner.actions, ...rest]};
  }
  return {...plainNode(raw), actions: rest};
}

function plainNode(raw: Raw): Node {
  const actions: readonly PipeAction[] = [];
  if (raw.entries !== undefined) return {type: 'object', entries: raw.entries, actions};
  if (raw.type === 'record' && raw.value !== undefined) return {type: 'record', value: raw.value, actions};
  if (raw.type === 'array' && raw.item !== undefined) return {type: 'array', item: raw.item, actions};
  if (raw.type === 'union') return {type: 'union', options: raw.options as readonly Schema[], actions};
  if (raw.type === 'picklist') return {type: 'picklist', options: raw.options as readonly string[], actions};
  if (raw.type === 'literal') return {type: 'literal', literal: raw.literal, actions};
  if (raw.type === 'string' || raw.type === 'number' || raw.type === 'boolean')
    return {type: raw.type, actions};
  throw new Error(`the schema kind "${raw.type}" is not known to config/nodes.ts`);
}

/** What was said about a key in `schema.ts`; `undefined` for a schema that is no key. */
export function infoOf(schema: Schema): KeyInfo | undefined {
  const raw = schema as Raw;
  if (raw.wrapped === undefined) return undefined;
  return v.getMetadata(raw.wrapped as Parameters<typeof v.getMetadata>[0]) as unknown as KeyInfo;
}
