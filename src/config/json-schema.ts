import type * as v from 'valibot';

import {infoOf, nodeOf} from './nodes.ts';
import type {Node} from './nodes.ts';
import type {KeyInfo} from './keys.ts';

/** A JSON Schema (draft 7: what Taplo and Even Better TOML read), or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema of a file, for completion and checks in editors. */
export function jsonSchema(title: string, schema: v.GenericSchema<unknown, unknown>): JsonSchema {
  return {$schema: 'http://json-schema.org/draft-07/schema#', title, ...convert(schema)};
}

function convert(schema: v.GenericSchema<unknown, unknown>): JsonSchema {
  const node = nodeOf(schema);
  const info = infoOf(schema);
  return {...convertNode(node), ...constraintsOf(node), ...(info === undefined ? {} : annotate(info))};
}

function convertNode(node: Node): JsonSchema {
  switch (node.type) {
    case 'object': {
      const entries = Object.entries(node.entries);
      const required = entries.filter(([, entry]) => infoOf(entry)?.required).map(([name]) => name);
      return {
        type: 'object',
        properties: Object.fromEntries(entries.map(([name, entry]) => [name, convert(entry)])),
        additionalProperties: false,
        ...(required.length === 0 ? {} : {required}),
      };
    }
    case 'record':
      return {type: 'object', additionalProperties: convert(node.value)};
    case 'array':
      return {type: 'array', items: convert(node.item)};
    case 'union':
      return {anyOf: node.options.map(convert)};
    case 'picklist':
      return {enum: node.options};
    case 'literal':
      return {const: node.literal};
    case 'string':
    case 'number':
    case 'boolean':
      return {type: node.type};
  }
}

/** Only what stands before the first `transform` is about the text in the file. */
function constraintsOf(node: Node): JsonSchema {
  const found: Record<string, unknown> = {};
  for (const action of node.actions) {
    if (action.type === 'transform') break;
    if (action.type === 'regex' && action.requirement instanceof RegExp)
      found['pattern'] = action.requirement.source;
    if (action.type === 'integer') found['type'] = 'integer';
    if (action.type === 'min_value') found['minimum'] = action.requirement;
    if (action.type === 'max_value') found['maximum'] = action.requirement;
    if (action.type === 'non_empty') found['minLength'] = 1;
  }
  return found;
}

function annotate(info: KeyInfo): JsonSchema {
  const note = info.defaultNote === undefined ? '' : ` Default: ${info.defaultNote}.`;
  return {
    description: `${info.description}${note} Example: ${info.example}. Since ${info.since}.`,
    ...(info.default === undefined ? {} : {default: info.default}),
  };
}
