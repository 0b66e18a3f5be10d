import { describe, expect, it } from 'vitest';
import { transportMessages } from '../../../src/remote/messages.ts';

describe('the texts of transport errors', () => {
  it.each(Object.entries(transportMessages))('name the machine: %s', (_, template) => {
    expect(template).toContain('{machine}');
    expect(template).toMatch(/[.]$|"$/);
  });
});
