/** The model narrowed to a range of kernels: which rows remain, what is kept, what a project adds. */
import assert from 'node:assert/strict';
import { createModel, holdsOnAll, type Model, model, select } from '../model/index.ts';
import { parsePlace } from '../model/place.ts';
import type { ApiRow } from '../model/schema.ts';
import { type KernelRange, parseRange } from '../model/version.ts';

function range(text: string): KernelRange {
  const parsed = parseRange(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

function on(text: string): Model {
  return select(range(text));
}

function spans(rows: readonly { readonly kernels: { readonly since: string; readonly until?: string } }[]): string[] {
  return rows.map(({ kernels }) => `${kernels.since}..${kernels.until ?? ''}`);
}

describe('select', () => {
  it('keeps the rows that hold somewhere in the range, oldest first', () => {
    assert.deepEqual(spans(on('6.12').rows('get_user_pages')), ['6.5..']);
    assert.deepEqual(spans(on('6.1..6.12').rows('get_user_pages')), ['4.9..6.5', '6.5..']);
    assert.deepEqual(spans(on('..4.5').rows('get_user_pages')), ['4.4..4.4.168', '4.4.168..4.5', '4.5..4.6']);
    assert.deepEqual(spans(on('4.8').rows('get_user_pages')), ['4.6..4.9']);
  });

  it('takes both ends of a row as half open', () => {
    assert.deepEqual(on('5.5').rows('pin_user_pages'), []);
    assert.deepEqual(spans(on('5.6').rows('pin_user_pages')), ['5.6..5.7']);
    assert.deepEqual(spans(on('5.7').rows('pin_user_pages')), ['5.7..6.3']);
    assert.deepEqual(spans(on('5.17').rows('get_user_pages_locked')), ['4.9..5.18']);
    assert.deepEqual(on('5.18').rows('get_user_pages_locked'), []);
  });

  it('tells a placeholder from a pin, and one release function from its first name', () => {
    assert.deepEqual(
      on('5.6')
        .rows('pin_user_pages_fast')
        .map((row) => row.reference),
      ['get'],
    );
    assert.deepEqual(
      on('5.7')
        .rows('pin_user_pages_fast')
        .map((row) => row.reference),
      ['pin'],
    );
    assert.deepEqual(
      on('5.5')
        .rows('put_user_page')
        .map((row) => row.replacedBy),
      ['unpin_user_page'],
    );
    assert.deepEqual(on('5.5').rows('unpin_user_page'), []);
  });

  it('knows that iov_iter_get_pages went and came back', () => {
    assert.deepEqual(on('6.0..6.1').rows('iov_iter_get_pages'), []);
    assert.equal(on('6.2').rows('iov_iter_get_pages')[0]?.advances, 'arg0');
    assert.equal(on('5.19').rows('iov_iter_get_pages')[0]?.advances, undefined);
  });

  it('says where flags stand in every era', () => {
    const flagsAt = (release: string, name: string): number =>
      on(release)
        .rows(name)[0]
        ?.params.findIndex((param) => param.role === 'flags') ?? -2;
    assert.equal(flagsAt('4.8', 'get_user_pages_unlocked'), -1);
    assert.equal(flagsAt('4.9', 'get_user_pages_unlocked'), 3);
    assert.equal(flagsAt('6.12', 'pin_user_pages_unlocked'), 3);
    assert.equal(flagsAt('6.12', 'pin_user_pages_fast'), 2);
    assert.equal(flagsAt('5.1', 'get_user_pages_fast'), -1);
    assert.equal(flagsAt('6.12', 'pin_user_pages_remote'), 3);
    assert.equal(flagsAt('5.8', 'pin_user_pages_remote'), 4);
  });

  it('gives all rows of a name whatever the range', () => {
    assert.deepEqual(on('6.12').rows('get_user_pages_longterm'), []);
    assert.deepEqual(spans(on('6.12').allRows('get_user_pages_longterm')), ['4.15..5.2']);
    assert.deepEqual(on('6.12').allRows('no_such_function'), []);
  });

  it('narrows flags, fast masks and validity rows', () => {
    assert.deepEqual(
      on('6.2')
        .flags('FOLL_LONGTERM')
        .map((row) => row.value),
      [0x10000],
    );
    assert.deepEqual(
      on('6.3')
        .flags('FOLL_LONGTERM')
        .map((row) => row.value),
      [0x100],
    );
    assert.deepEqual(
      on('6.2..6.3')
        .flags('FOLL_PIN')
        .map((row) => row.visible),
      [true, false],
    );
    assert.deepEqual(on('6.12').flags('FOLL_SPLIT'), []);
    assert.equal(on('6.12').allFlags('FOLL_SPLIT').length, 1);
    assert.deepEqual(
      on('6.12')
        .flags('FOLL_TOUCH')
        .map((row) => row.standing),
      ['internal'],
    );
    assert.deepEqual(
      on('6.4')
        .flags('FOLL_TOUCH')
        .map((row) => row.standing),
      ['tolerated'],
    );
    assert.equal(on('6.12').fastMask.length, 1);
    assert.equal(on('6.1..6.12').fastMask.length, 3);
    assert.equal(on('..5.1').fastMask.length, 0);
    const ids = on('6.12').validity.map((row) => row.id);
    assert.ok(ids.includes('VALID.INTERNAL3') && !ids.includes('VALID.GET-ON-PIN'));
  });

  it('is the same value for the same range, and its answers are kept', () => {
    const one = on('6.1..6.12');
    assert.equal(one, select(range('6.1..6.12')));
    assert.equal(one.rows('pin_user_pages'), one.rows('pin_user_pages'));
  });

  it('lists sites and names of every release', () => {
    const sites = new Set(on('6.12').siteNames());
    for (const name of ['get_user_pages_longterm', '__get_user_pages_fast', 'get_dump_page', 'memfd_pin_folios']) {
      assert.ok(sites.has(name), name);
    }
    for (const name of ['follow_page', 'folio_add_pin', 'bio_iov_iter_get_pages', 'ib_umem_get', 'get_kernel_pages']) {
      assert.ok(!sites.has(name) && on('6.12').allRows(name).length > 0, name);
    }
    assert.ok(on('6.12').isSite('iov_iter_extract_pages') && !on('6.12').isSite('put_page'));
    const names = new Set(on('6.12').names());
    assert.ok(names.has('unpin_user_pages') && names.has('put_user_pages') && names.has('kmap_local_page'));
  });

  it('entitles places of the kernel, by path, flag and release', () => {
    const m = on('6.12');
    assert.ok(m.entitled('mm/gup_test.c', 'FOLL_PIN'));
    assert.ok(m.entitled('kernel/ptrace.c', 'FOLL_FORCE'));
    assert.ok(!m.entitled('kernel/ptrace.c', 'FOLL_PIN'));
    assert.ok(!m.entitled('kernel/ptrace.c.orig', 'FOLL_FORCE'));
    assert.ok(!m.entitled('drivers/demo/mm/gup.c', 'FOLL_PIN'));
    assert.ok(!m.entitled('fs/exec.c', 'FOLL_FORCE'));
    assert.ok(m.entitled('fs/exec.c', 'FOLL_FORCE', range('5.4')) === false, 'the model was narrowed to 6.12');
    assert.ok(on('5.4').entitled('fs/exec.c', 'FOLL_FORCE'));
  });

  it('takes rows of a project in', () => {
    const own: ApiRow = {
      name: 'demo_pin',
      family: 'acquire',
      kernels: { since: '4.4' },
      site: true,
      params: [{ role: 'pages', type: 'struct page **', name: 'pages' }],
      ret: 'int',
      returns: 'status',
      reference: 'pin',
      effects: [{ op: 'acquire', place: 'arg0[*]', ref: 'pin', when: 'success' }],
      context: { mmapLock: 'any', sleeps: true, currentMm: true },
      source: { tag: 'project', path: 'guplint.model.json' },
    };
    const extended = createModel({ rows: [own, { ...own, name: 'put_page' }] }).select(range('6.12'));
    assert.deepEqual(extended.rows('demo_pin'), [own]);
    assert.ok(extended.isSite('demo_pin'));
    assert.deepEqual(
      extended.rows('put_page').map((row) => row.family),
      ['acquire'],
    );
    assert.deepEqual(on('6.12').rows('demo_pin'), []);
    assert.equal(model.select(range('6.12')).rows('put_page')[0]?.family, 'release');
  });

  it('tells rows that hold on the whole range', () => {
    const [old, now] = on('6.1..6.12').rows('get_user_pages');
    assert.ok(old !== undefined && now !== undefined);
    assert.ok(!holdsOnAll(old, range('6.1..6.12')) && holdsOnAll(now, range('6.5..6.12')));
  });
});

describe('parsePlace', () => {
  it('reads every form', () => {
    assert.deepEqual(parsePlace('ret'), { root: 'ret', steps: [] });
    assert.deepEqual(parsePlace('cpu'), { root: 'cpu', steps: [] });
    assert.deepEqual(parsePlace('arg12'), { root: 12, steps: [] });
    assert.deepEqual(parsePlace('*arg2'), { root: 2, steps: [{ kind: 'deref' }] });
    assert.deepEqual(parsePlace('arg3[*]'), { root: 3, steps: [{ kind: 'elements' }] });
    assert.deepEqual(parsePlace('(*arg1)[*]'), { root: 1, steps: [{ kind: 'deref' }, { kind: 'elements' }] });
    assert.deepEqual(parsePlace('arg0->a.b[*]'), {
      root: 0,
      steps: [
        { kind: 'field', name: 'a', arrow: true },
        { kind: 'field', name: 'b', arrow: false },
        { kind: 'elements' },
      ],
    });
  });

  it('refuses anything else', () => {
    for (const bad of ['', 'arg', 'arg123', 'retx', 'arg0[1]', 'arg0->', '**arg0', '(*arg0', 'arg0 ', 'x', '(*)[*]']) {
      assert.equal(parsePlace(bad), undefined, bad);
    }
  });
});
