/** What the flags in a module's Kbuild or Makefile lead to: headers behind -I, macros of -D. */
import assert from 'node:assert/strict';
import { definesOf, dirsBelow, includeFlagsOf } from '../server/engine/build-flags.ts';
import { bundleDirectory, guplint, temporaryTree } from './harness/cli.ts';

const SHIM = `#ifdef DRV_PIN_PRESENT
#ifdef DRV_PIN_HAS_VMAS
#define DRV_PIN(start, n, flags, pages) pin_user_pages(start, n, flags, pages, NULL)
#else
#define DRV_PIN pin_user_pages
#endif
#define DRV_UNPIN unpin_user_page
#else
#define DRV_PIN(start, n, flags, pages) get_user_pages(start, n, flags, pages)
#define DRV_UNPIN put_page
#endif
`;
const DRIVER = `#include "drv-linux.h"

int drv_peek(unsigned long start, char *to)
{
	struct page *page;

	mmap_read_lock(current->mm);
	if (DRV_PIN(start, 1, 0, &page) != 1) {
		mmap_read_unlock(current->mm);
		return -EFAULT;
	}
	mmap_read_unlock(current->mm);
	memcpy_from_page(to, page, 0, 16);
	DRV_UNPIN(page);
	return 0;
}
`;

describe('build flags', () => {
  before(function () {
    this.timeout(120_000);
    bundleDirectory();
  });

  const dirs = (text: string): readonly string[] => dirsBelow(includeFlagsOf(text), ['drv/core', 'drv']);

  it('takes -I of the variables that hold flags, what stands behind a variable of make from each directory upward', () => {
    assert.deepEqual(dirs('ccflags-y += -Wall -I$(src)/inc -DX=1\n'), ['drv/core/inc', 'drv/inc']);
    assert.deepEqual(dirs('EXTRA_CFLAGS := -I $(shell dirname $(PWD))/../api\n'), ['drv/api', 'api']);
    assert.deepEqual(dirs('CFLAGS_main.o = -I$(KBUILD_EXTMOD)/a \\\n  -Ib\n'), [
      'drv/core/a',
      'drv/a',
      'drv/core/b',
      'drv/b',
    ]);
    assert.deepEqual(dirs('INCLUDES = -I"q" # -Icomment\n'), ['drv/core/q', 'drv/q']);
  });

  it('leaves rules, other variables and flags without a directory alone', () => {
    assert.deepEqual(dirs('all:\n\tgcc -Itools main.c\nobj-m := drv.o\nccflags-y += -I$(KERNEL) -include x.h\n'), []);
  });

  for (const [name, build] of [
    ['Kbuild', 'ccflags-y += -I$(src)/common/inc\n'],
    ['Makefile', 'EXTRA_CFLAGS += -I$(M)/common/inc\n'],
    ['core/Makefile', 'ccflags-y := -I$(srctree)/$(src)/../common/inc\n'],
  ] as const) {
    it(`finds the calls of a macro whose header only ${name} leads to`, () => {
      const files = {
        'core/main.c': DRIVER,
        'common/inc/drv-linux.h': '#include "shim.h"\n',
        'common/inc/shim.h': SHIM,
      };
      const sites = (cwd: string): readonly unknown[] => {
        const { out } = guplint(['sites', '.', '--format', 'json', '--kernel', '6.12'], { cwd });
        const all = (JSON.parse(out) as { sites: { file: string; line: number; via?: string }[] }).sites;
        return all.filter((s) => s.file.endsWith('.c')).map((s) => [s.file, s.line, s.via]);
      };
      assert.deepEqual(sites(temporaryTree({ ...files, [name]: build })), [['core/main.c', 8, 'DRV_PIN']]);
      assert.deepEqual(sites(temporaryTree(files)), []);
    });
  }

  const macros = (text: string): Record<string, string | undefined> =>
    Object.fromEntries(
      Object.entries(definesOf(text).own).map(([name, v]) => [name, v.kind === 'value' ? v.text : undefined]),
    );

  it('takes -D and -U of the flags of all files', () => {
    assert.deepEqual(macros('ccflags-y += -DA -D B=3 -Wall -I$(src)/x\nEXTRA_CFLAGS := -DC=\\"v1\\" -UA # -DNOT\n'), {
      A: '1',
      B: '3',
      C: '"v1"',
    });
    assert.deepEqual(macros('ccflags-y := -DA \\\n  -DB\nccflags-y := -DC\n'), { C: '1' });
    assert.deepEqual(macros('subdir-ccflags-y := -DS\nccflags-y += -US\n'), { S: undefined });
    assert.deepEqual(definesOf('subdir-ccflags-y := -DS\nccflags-y += -DO\n').below, {
      S: { kind: 'value', text: '1' },
    });
  });

  it('leaves what depends on the configuration, values that make works out, single files and rules alone', () => {
    assert.deepEqual(
      macros(
        'ccflags-$(CONFIG_A) += -DA\nCFLAGS_main.o += -DB\nccflags-y += -DV=$(VERSION)\nifdef DEBUG\nccflags-y += -DC\nelse\nccflags-y += -DD\nendif\nall:\n\tgcc -DE x.c\n',
      ),
      {},
    );
  });

  it('reads the half of a Makefile that the kernel reads', () => {
    const half = 'ccflags-y += -DA\n';
    assert.deepEqual(macros(`ifneq ($(KERNELRELEASE),)\n${half}else\nccflags-y += -DB\nendif\n`), { A: '1' });
    assert.deepEqual(macros(`ifeq ($(KERNELRELEASE),)\nccflags-y += -DB\nelse\n${half}endif\n`), { A: '1' });
    assert.deepEqual(macros(`ifdef KERNELRELEASE\nifeq ($(X),1)\nccflags-y += -DB\nendif\n${half}endif\n`), { A: '1' });
  });

  const CHOICE = `static int drv_take(unsigned long start, struct page **pages)
{
#ifdef DRV_OLD
	return pin_user_pages_fast(start, 1, 1, pages);
#else
	return pin_user_pages_fast(start, 1, FOLL_WRITE, pages);
#endif
}
`;
  const findings = (files: Record<string, string>, ...more: string[]): number => {
    const cwd = temporaryTree(files);
    const { out } = guplint(['.', '--format', 'jsonl', '--kernel', '6.12', '--fail-level', 'never', ...more], { cwd });
    return out.split('"rule":"magic-gup-flags"').length - 1;
  };

  it('-D of the nearest build file upward chooses branches; the command line outweighs it', () => {
    const on = 'ccflags-y += -DDRV_OLD\n';
    assert.equal(findings({ 'src/a.c': CHOICE, Makefile: on }), 1);
    assert.equal(findings({ 'src/a.c': CHOICE, Makefile: on }, '-U', 'DRV_OLD'), 0);
    assert.equal(findings({ 'src/a.c': CHOICE, Makefile: 'ccflags-y += -UDRV_OLD\n' }), 0);
    assert.equal(
      findings({ 'src/a.c': CHOICE, Makefile: 'subdir-ccflags-y += -UDRV_OLD\n', 'src/Kbuild': 'obj-m += a.o\n' }),
      0,
    );
  });
});
