import { describe, expect, it } from 'vitest';
import { Collector, Tail } from '../../../src/remote/shell/collect.ts';

describe('collected output', () => {
  it('is decoded as a whole, with characters that chunks cut, and a byte order mark', () => {
    const collector = new Collector(1000);
    const bytes = Buffer.from('\ufeff東🚀é');
    for (const byte of bytes) expect(collector.add(Uint8Array.of(byte))).toBe(true);
    expect(collector.text()).toBe('\ufeff東🚀é');
  });

  it('says when its limit is passed', () => {
    const collector = new Collector(10);
    expect(collector.add(Buffer.alloc(10))).toBe(true);
    expect(collector.add(Buffer.alloc(1))).toBe(false);
  });
});

describe('the tail of an output', () => {
  it.each([1, 7, 1000])('is its last bytes, in chunks of %i', (size) => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => `${index}\n`).join(''));
    const tail = new Tail(100);
    for (let start = 0; start < bytes.length; start += size) tail.add(bytes.subarray(start, start + size));
    expect(tail.text()).toBe(bytes.subarray(-100).toString());
    tail.add(Buffer.from('more'));
    expect(tail.text()).toBe(`${bytes.subarray(-96).toString()}more`);
  });

  it('does not begin within a character', () => {
    const tail = new Tail(5);
    tail.add(Buffer.from('🚀🚀'));
    expect(tail.text()).toBe('🚀');
  });

  it('is everything where that is little, broken characters too', () => {
    const tail = new Tail(100);
    tail.add(Buffer.from([0x80, 0x41]));
    expect(tail.text()).toBe('\ufffdA');
  });
});
