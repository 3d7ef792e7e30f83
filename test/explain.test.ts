/** Every topic of `explain` has a text that says something of it. */
import assert from 'node:assert/strict';
import { explainTopic, topics } from '../server/ide/explain.ts';

describe('explain', () => {
  it('has a text for every topic it names, headed by the topic', () => {
    const names = [...topics()];
    assert.ok(names.length > 150, `${names.length} topics`);
    for (const name of names) {
      const text = explainTopic(name) ?? '';
      const heading = (/^# (.*)$/m.exec(text)?.[1] ?? '').toLowerCase().replace(/\s/g, '');
      assert.ok(heading.startsWith(name.toLowerCase()), `${name}: ${heading}`);
      assert.ok(text.length > 60, name);
    }
  });

  it('takes names as people write them', () => {
    assert.equal(explainTopic(' pin_user_pages() '), explainTopic('pin_user_pages'));
    assert.equal(explainTopic('Case 2'), explainTopic('case2'));
    assert.equal(explainTopic('no-such-thing'), undefined);
  });

  it('tells of an API what changed, what it refuses and how', () => {
    const text = explainTopic('pin_user_pages') ?? '';
    assert.match(text, /## Kernels 5\.6\n/);
    assert.match(text, /struct vm_area_struct \*\*vmas\)/);
    assert.match(text, /6\.3\.\.: FOLL_LONGTERM with FOLL_PCI_P2PDMA: WARN_ON_ONCE/);
  });

  it('tells of names that are taken for one of the family', () => {
    assert.match(
      explainTopic('pin_user_folios') ?? '',
      /^# pin_user_folios\n\nNo kernel has a function of this name\. Instead: /,
    );
    assert.match(explainTopic('VM_WRITE') ?? '', /Not for gup_flags: .*gup_flags say FOLL_WRITE\.$/m);
    assert.equal(explainTopic('demo_release'), undefined);
  });

  it('tells what a mapping may refuse where an address is given', () => {
    assert.match(explainTopic('pin_user_pages') ?? '', /## What a mapping may refuse\n\n- .*VM_IO/);
    assert.doesNotMatch(explainTopic('unpin_user_page') ?? '', /mapping may refuse/);
  });

  it('tells of a flag its values, its standing and the fast functions', () => {
    const text = explainTopic('FOLL_PIN') ?? '';
    assert.match(text, /\| 6\.3\.\. \| 0x80000 \| internal to mm\/: callers must not pass it; the name is hidden/);
    assert.match(explainTopic('FOLL_NOWAIT') ?? '', /The fast functions take it on no kernel/);
  });
});
