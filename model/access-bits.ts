/** Functions that change bits of memory (asm-generic/bitops, linux/bitmap.h): stores by the CPU. They matter only where a carrier gave the address. */
import type { ApiRow, Param } from './schema.ts';
import { ANY_CONTEXT, WORDS } from './vocabulary.ts';

const NR: Param = { role: 'other', type: 'long', name: 'nr' };
const ATOMIC = 'include/asm-generic/bitops/instrumented-atomic.h';

function bitRow(name: string): ApiRow {
  const tests = name.startsWith('test_');
  return {
    name,
    family: 'access',
    kernels: { since: '4.4' },
    params: [NR, WORDS],
    ret: tests ? 'bool' : 'void',
    returns: tests ? 'value' : 'void',
    effects: [{ op: 'access', place: 'arg1', access: 'write' }],
    context: ANY_CONTEXT,
    source: { tag: 'v6.12.117', path: ATOMIC },
  };
}

const NBITS: Param = { role: 'other', type: 'unsigned int', name: 'nbits' };
const START: Param = { role: 'other', type: 'unsigned int', name: 'start' };

function bitmapRow(name: string, params: readonly Param[]): ApiRow {
  return {
    name,
    family: 'access',
    kernels: { since: '4.4' },
    params,
    ret: 'void',
    returns: 'void',
    effects: [{ op: 'access', place: 'arg0', access: 'write' }],
    context: ANY_CONTEXT,
    source: { tag: 'v6.12.117', path: 'include/linux/bitmap.h' },
  };
}

/** See the head of the file. */
export const BIT_ACCESS_ROWS: readonly ApiRow[] = [
  ...['set_bit', 'clear_bit', 'change_bit', 'test_and_set_bit', 'test_and_clear_bit'].map(bitRow),
  bitmapRow('bitmap_set', [WORDS, START, NBITS]),
  bitmapRow('bitmap_clear', [WORDS, START, NBITS]),
  bitmapRow('bitmap_zero', [WORDS, NBITS]),
  bitmapRow('bitmap_fill', [WORDS, NBITS]),
];
