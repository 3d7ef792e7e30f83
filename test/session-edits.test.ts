/** A session's answers while files that rest on each other are edited are those of a session that never saw another text. */
import assert from 'node:assert/strict';
import { createSession, type Session } from '../server/engine/session.ts';
import { clock } from '../server/host/clock.ts';
import { createFileSystem } from '../server/host/files.ts';
import { Root } from '../server/lsp/root.ts';
import { readSettings } from '../server/lsp/settings.ts';
import { temporaryTree } from './harness/cli.ts';
import { startParser } from './harness/parser.ts';

const RING_PUT = `#include "ring.h"

void ring_put(struct ring *r)
{
	int i;

	for (i = 0; i < r->nr; i++)
		put_page(r->pages[i]);
}
`;
const RING: Readonly<Record<string, string>> = {
  'ring.h': 'struct ring {\n\tstruct page **pages;\n\tint nr;\n};\nvoid ring_put(struct ring *r);\n',
  'ring-put.c': RING_PUT,
  'ring.c': `#include "ring.h"

int ring_take(struct ring *r, unsigned long addr)
{
	int ret = pin_user_pages_fast(addr, r->nr, FOLL_WRITE, r->pages);

	if (ret != r->nr)
		return -EFAULT;
	ring_put(r);
	return 0;
}
`,
};

describe('a session under edits', function () {
  this.timeout(60_000);
  before(startParser);

  it('looks at the present text of a neighbour that named an API for a moment', () => {
    const folder = temporaryTree(RING);
    const job = new Root(folder, readSettings({ kernel: '6.12' })).jobFor('ring.c');
    const open = (): Session => createSession(createFileSystem(folder), clock);
    const rules = (session: Session): string[] =>
      session.analyse(job).results.flatMap((r) => r.findings.map((f) => `${f.rule} ${f.location.line}`));
    const session = open();
    for (const [file, text] of Object.entries(RING)) session.opened(file, text);
    assert.ok(rules(session).some((r) => r.startsWith('put-on-pinned')));
    const moments = [
      RING_PUT.replace('put_page(', 'pin_user_pages('),
      RING_PUT,
      RING_PUT.replace('put_page(', ''),
      RING_PUT,
    ];
    for (const moment of moments) {
      session.opened('ring-put.c', moment);
      const fresh = open();
      for (const [file, text] of Object.entries({ ...RING, 'ring-put.c': moment })) fresh.opened(file, text);
      assert.deepEqual(rules(session), rules(fresh), moment);
    }
  });
});
