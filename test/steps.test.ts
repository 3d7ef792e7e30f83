/** What the steps of a finding show beside its place, as a run over files tells them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { guplint, temporaryTree } from './harness/cli.ts';

const FIXTURES = path.join(__dirname, 'fixtures', 'rules');

interface Told {
  readonly rule: string;
  readonly line: number;
  readonly related: readonly { readonly file: string; readonly line: number; readonly message: string }[];
}

function findings(files: Readonly<Record<string, string>>, rule: string): readonly Told[] {
  const { out } = guplint(['.', '--kernel', '6.12', '--format', 'json'], { cwd: temporaryTree(files) });
  return (JSON.parse(out) as { findings: Told[] }).findings.filter((f) => f.rule === rule);
}

describe('steps', () => {
  it('begin with the acquire call where a finding stands at it for what happens in another file', () => {
    const take = `#include "demo.h"
int demo_take(struct demo *d, unsigned long addr)
{
	return pin_user_pages_fast(addr, 1, FOLL_LONGTERM, &d->page) == 1 ? 0 : -EFAULT;
}
`;
    const end = '#include "demo.h"\nvoid demo_end(struct demo *d)\n{\n\tput_page(d->page);\n}\n';
    const header = 'struct demo {\n\tstruct page *page;\n};\nvoid demo_end(struct demo *d);\n';
    const [told] = findings({ 'd/take.c': take, 'd/end.c': end, 'd/demo.h': header }, 'put-on-pinned');
    assert.deepEqual(
      told?.related.map((s) => `${s.file}:${s.line} ${s.message}`),
      ['d/take.c:4 pinned here by pin_user_pages_fast()', 'd/end.c:4 given back here by put_page()'],
    );
  });

  it('list no release that another finding is told at', () => {
    const text = readFileSync(path.join(FIXTURES, 'missing-dirty', 'shared-ends.c'), 'utf8');
    const told = findings({ 'a.c': text }, 'missing-dirty');
    assert.equal(told.length, 2);
    for (const { related } of told) assert.doesNotMatch(related.map((s) => s.message).join('\n'), /given back here/);
  });
});
