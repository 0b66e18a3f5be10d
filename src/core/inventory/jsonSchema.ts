import * as z from 'zod/mini';
import { inventorySchema } from './schema.ts';

/**
 * Text of `schemas/kvm-parity.schema.json`: the inventory's schema for editors. Draft 7, which the YAML language
 * server reads completely. Written by `scripts/schema.mjs`.
 */
export function inventoryJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(inventorySchema, { target: 'draft-7', io: 'input' }), null, 2)}\n`;
}
