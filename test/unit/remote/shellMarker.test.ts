import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MarkerFilter } from '../../../src/remote/shell/marker.ts';

const MARKER = 'kvm-parity-0123';

function filter(chunks: readonly Uint8Array[]): { filter: MarkerFilter; output: string } {
  const marker = new MarkerFilter(MARKER);
  const taken = chunks.flatMap((chunk) => {
    const bytes = marker.take(chunk);
    return bytes === undefined ? [] : [bytes];
  });
  return { filter: marker, output: Buffer.concat(taken).toString('latin1') };
}

describe('the marker filter', () => {
  it('gives exactly what follows the marker, however the bytes are cut', () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    const cuts = fc.array(fc.nat(200));
    fc.assert(
      fc.property(bytes, bytes, cuts, (noise, wanted, at) => {
        const all = Buffer.concat([noise, Buffer.from(`${MARKER}\n`), wanted]);
        const borders = [0, ...at.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
        const chunks = borders.slice(1).map((end, index) => all.subarray(borders[index], end));
        const result = filter(chunks);
        expect(result.output).toBe(Buffer.from(wanted).toString('latin1'));
        expect(result.filter.noise).toBe(Buffer.from(noise).toString('utf8'));
      }),
    );
  });

  it('is not misled by the beginning of a marker, and finds only the first', () => {
    const { output } = filter([Buffer.from(`kvm-parity-012kvm-${MARKER}\n${MARKER}\nx`)]);
    expect(output).toBe(`${MARKER}\nx`);
  });

  it('keeps what came instead of the marker, the first 64 KiB of it', () => {
    const { filter: marker, output } = filter([
      Buffer.from('This account is currently '),
      Buffer.from('not available'),
    ]);
    marker.end();
    expect(marker.found).toBe(false);
    expect(marker.noise).toBe('This account is currently not available');
    expect(output).toBe('');
    const { filter: flooded } = filter(Array.from({ length: 300 }, () => Buffer.alloc(1000, 'x')));
    flooded.end();
    expect(flooded.noise).toBe('x'.repeat(65_536));
  });
});
