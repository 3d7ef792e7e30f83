/** Headers that only the -I flags of a module's Kbuild or Makefile lead to. */
import assert from 'node:assert/strict';
import { includeDirsOf } from '../server/engine/build-flags.ts';
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

  const dirs = (text: string): readonly string[] => includeDirsOf(text, ['drv/core', 'drv']);

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
});
