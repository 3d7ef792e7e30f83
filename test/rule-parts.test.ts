/** The parts that rules are made of: sets of kernels, readings of numbers, edit builders, joining of reports. */
import assert from 'node:assert/strict';
import { select } from '../model/index.ts';
import { parseRange } from '../model/version.ts';
import { dropFlag } from '../server/rules/fixes/drop-flag.ts';
import { readingsOf } from '../server/rules/support/flags/flag-values.ts';
import {
  bothOf,
  EVERY_KERNEL,
  includesAll,
  type Kernels,
  showKernels,
  unionOf,
  without,
} from '../server/rules/support/kernels.ts';
import { loadUnit } from '../server/syntax/load.ts';

function kernels(...texts: readonly string[]): Kernels {
  return unionOf(texts.map((text) => parseRange(text) ?? assert.fail(text)));
}

describe('sets of kernels', () => {
  it('unites, cuts and subtracts', () => {
    assert.equal(showKernels(kernels('6.1', '5.4..5.10', '6.2..6.4')), '5.4..5.10 and 6.1..6.4');
    assert.equal(showKernels(bothOf(kernels('5.4..6.1'), kernels('..5.6', '6.0..'))), '5.4..5.6 and 6.0..6.1');
    assert.equal(showKernels(without(kernels('5.4..6.12'), kernels('5.10..6.1'))), '5.4..5.9 and 6.2..6.12');
    assert.deepEqual(without(kernels('6.1'), EVERY_KERNEL), []);
    assert.ok(includesAll(kernels('5.4..'), kernels('6.1', '6.12')));
    assert.ok(!includesAll(kernels('6.1', '6.12'), kernels('6.1..6.12')));
  });

  it('are shown with the last release of a major one', () => {
    assert.equal(showKernels(kernels('4.4..4.20', '5.19')), '4.4..4.20 and 5.19');
    assert.equal(showKernels(without(kernels('5.18..6.1'), kernels('6.0..'))), '5.18..5.19');
    assert.equal(showKernels(EVERY_KERNEL), 'every kernel');
  });
});

describe('numbers as gup_flags', () => {
  const model = select(EVERY_KERNEL[0] ?? assert.fail());
  const read = (value: number, on: Kernels): string =>
    readingsOf(model, value, on)
      .map(
        (r) =>
          `${r.names.join('|')}${r.unknownBits === 0 ? '' : `+0x${r.unknownBits.toString(16)}`} ${showKernels(r.kernels)}`,
      )
      .join('; ');

  it('change their meaning with the kernel', () => {
    assert.equal(read(1, kernels('4.9..6.12')), 'FOLL_WRITE 4.9..6.12');
    assert.equal(read(0x10, kernels('6.1..6.12')), 'FOLL_FORCE 6.1..6.2; FOLL_NOWAIT 6.3..6.12');
    assert.equal(
      read(0x80, kernels('5.10..6.3')),
      'FOLL_SPLIT 5.10..5.12; +0x80 5.13..5.15; FOLL_NOFAULT 5.16..6.2; FOLL_ANON 6.3',
    );
    assert.equal(read(0, kernels('6.12')), ' 6.12');
    assert.match(read(0x40000000, kernels('6.12')), /^\+0x40000000 6\.12$/);
  });
});

describe('dropping a flag', () => {
  /** The text after FOLL_X has been taken out of it. */
  function dropped(text: string): string | undefined {
    const unit = loadUnit('a.c', text, { range: parseRange('6.12') ?? assert.fail(), defines: new Map() });
    const start = text.indexOf('FOLL_X');
    const edit = dropFlag(unit, { start, end: start + 6 });
    return edit === undefined ? undefined : text.slice(0, edit.span.start) + edit.newText + text.slice(edit.span.end);
  }
  const body = (statement: string): string => `void f(void)\n{\n${statement}\n}\n`;

  it('takes the operator and the white space with it', () => {
    assert.equal(dropped(body('\tg(FOLL_A | FOLL_X);')), body('\tg(FOLL_A);'));
    assert.equal(dropped(body('\tg(FOLL_X | FOLL_A);')), body('\tg(FOLL_A);'));
    assert.equal(dropped(body('\tg(FOLL_A | FOLL_X | FOLL_B);')), body('\tg(FOLL_A | FOLL_B);'));
    assert.equal(dropped(body('\tg(FOLL_A |\n\t  FOLL_X, p);')), body('\tg(FOLL_A, p);'));
    assert.equal(dropped(body('\tg(FOLL_A | (FOLL_X));')), body('\tg(FOLL_A);'));
    assert.equal(dropped('#define FLAGS (FOLL_A | \\\n\tFOLL_X)\n'), '#define FLAGS (FOLL_A)\n');
  });

  it('leaves a 0 where nothing else stands', () => {
    assert.equal(dropped(body('\tg(FOLL_X);')), body('\tg(0);'));
    assert.equal(dropped(body('\tunsigned int f = FOLL_X;')), body('\tunsigned int f = 0;'));
    assert.equal(dropped(body('\tg(a ? FOLL_X : FOLL_A);')), body('\tg(a ? 0 : FOLL_A);'));
    assert.equal(dropped('#define FLAGS FOLL_X\n'), '#define FLAGS 0\n');
  });

  it('removes a whole statement among others, and leaves one alone that is a branch', () => {
    assert.equal(dropped(body('\ta();\n\tflags |= FOLL_X;\n\tb();')), body('\ta();\n\tb();'));
    assert.equal(dropped(body('\ta();\n\treq->flags |= FOLL_X; /* why */\n\tb();')), body('\ta();\n\tb();'));
    assert.equal(dropped(body('\tif (a)\n\t\tflags |= FOLL_X;')), undefined);
    assert.equal(dropped(body('\tflags |= FOLL_X | FOLL_A;')), body('\tflags |= FOLL_A;'));
  });
});
