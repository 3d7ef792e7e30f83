/**
 * The formats for machines, over every fixture and example: SARIF against the public schema and the public validator, GitLab
 * against the fields it documents, GitHub's commands within its limits, patches through `git apply`.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { commitMessage } from '../server/cli/render/commit-message.ts';
import { findingsGithub } from '../server/cli/render/github.ts';
import { findingsGitlab } from '../server/cli/render/gitlab.ts';
import type { CheckReport } from '../server/cli/render/renderer.ts';
import { findingsSarif } from '../server/cli/render/sarif.ts';
import type { Finding } from '../server/engine/protocol.ts';
import { guplint, temporaryTree } from './harness/cli.ts';
import { readFixture } from './harness/markers.ts';
import { startParser } from './harness/parser.ts';
import { analyseTexts, runFixture } from './harness/run-rules.ts';

const ROOT = path.join(__dirname, '..');
const FIXTURES = path.join(__dirname, 'fixtures/rules');
const plain = { colours: false };

interface SarifRun {
  readonly tool: {
    readonly driver: { readonly rules: readonly { readonly id: string; readonly help: { text: string } }[] };
  };
  readonly invocations: readonly { readonly executionSuccessful: boolean }[];
  readonly results: readonly SarifResult[];
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly locations: readonly {
    physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } };
  }[];
  readonly relatedLocations?: readonly unknown[];
  readonly codeFlows?: readonly {
    threadFlows: readonly { locations: readonly { location: { message: { text: string } } }[] }[];
  }[];
  readonly fixes?: readonly { artifactChanges: readonly { replacements: readonly unknown[] }[] }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions: readonly { kind: string; justification: string }[];
}

/** Where the public validator lies, with the schema it carries. */
function multitool(): { readonly program: string; readonly schema: object } {
  const platform = process.platform === 'win32' ? 'win32' : process.platform;
  const own = createRequire(require.resolve('@microsoft/sarif-multitool/package.json'));
  const directory = path.dirname(own.resolve(`@microsoft/sarif-multitool-${platform}/package.json`));
  const schema = JSON.parse(readFileSync(path.join(directory, 'sarif-2.1.0.json'), 'utf8').replace(/^\uFEFF/, ''));
  return { program: path.join(directory, 'Sarif.Multitool'), schema };
}

function reportOf(findings: readonly Finding[]): CheckReport {
  const count = (severity: string): number => findings.filter((f) => f.severity === severity).length;
  return {
    kernel: { range: '6.12', source: 'flag' },
    findings,
    accepted: [],
    problems: [],
    changes: [],
    treePaths: new Map(),
    fixes: [],
    summary: {
      filesScanned: 1,
      filesAnalysed: 1,
      sites: 0,
      errors: count('error'),
      warnings: count('warning'),
      infos: count('info'),
      suppressed: 0,
      baselined: 0,
      skipped: 0,
    },
  };
}

/** The findings of every fixture for each of its kernels, and of the examples. */
function everything(): readonly { readonly name: string; readonly findings: readonly Finding[] }[] {
  const runs: { name: string; findings: readonly Finding[] }[] = [];
  for (const rule of readdirSync(FIXTURES).sort()) {
    for (const f of readdirSync(path.join(FIXTURES, rule)).sort()) {
      if (!f.endsWith('.c')) continue;
      const fixture = readFixture(f, readFileSync(path.join(FIXTURES, rule, f), 'utf8'), rule);
      for (const kernel of fixture.kernels)
        runs.push({ name: `${rule}-${f}-${kernel}`, findings: runFixture(fixture, kernel).findings });
    }
  }
  const examples = readdirSync(path.join(ROOT, 'examples')).filter((f) => /\.[ch]$/.test(f));
  const texts = new Map(examples.map((f) => [`examples/${f}`, readFileSync(path.join(ROOT, 'examples', f), 'utf8')]));
  runs.push({ name: 'examples', findings: analyseTexts(texts, { kernel: '6.12' }).findings });
  return runs;
}

/** A code quality report as GitLab documents it: the required fields, their types, the values of severity. */
const GITLAB_SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    properties: {
      description: { type: 'string', minLength: 1 },
      check_name: { type: 'string', minLength: 1 },
      fingerprint: { type: 'string', minLength: 1 },
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        required: ['path', 'lines'],
        properties: {
          path: { type: 'string', pattern: '^(?!\\./|/)' },
          lines: { type: 'object', required: ['begin'], properties: { begin: { type: 'integer', minimum: 1 } } },
        },
      },
    },
  },
} as const;

describe('formats over all fixtures and examples', () => {
  let runs: ReturnType<typeof everything>;
  before(async function () {
    this.timeout(240_000);
    await startParser();
    runs = everything();
  });

  it('there is something to print', () => {
    assert.ok(runs.length > 30);
    assert.ok(runs.flatMap((r) => r.findings).length > 200);
  });

  it('sarif fits the public schema', function () {
    this.timeout(240_000);
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false });
    const valid = ajv.compile(multitool().schema);
    for (const { name, findings } of runs) {
      const log = JSON.parse(String(findingsSarif(reportOf(findings), plain)));
      assert.ok(valid(log), `${name}: ${JSON.stringify(valid.errors)}`);
    }
  });

  it('the public validator has neither errors nor warnings', function () {
    this.timeout(240_000);
    const { program } = multitool();
    chmodSync(program, 0o755);
    const directory = mkdtempSync(path.join(os.tmpdir(), 'guplint-sarif-'));
    try {
      for (const { name, findings } of runs)
        writeFileSync(path.join(directory, `${name}.sarif`), findingsSarif(reportOf(findings), plain));
      const run = spawnSync(program, ['validate', path.join(directory, '*.sarif')], {
        encoding: 'utf8',
        env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
      });
      assert.match(run.stdout, new RegExp(`${runs.length} files scanned`), run.stdout + run.stderr);
      assert.doesNotMatch(run.stdout, /(error|warning) [A-Z]/);
      assert.equal(run.status, 0);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('sarif carries every finding with its place, steps, fixes and fingerprint', () => {
    let flows = 0;
    let fixes = 0;
    for (const { findings } of runs) {
      const [run] = (JSON.parse(String(findingsSarif(reportOf(findings), plain))) as { runs: SarifRun[] }).runs;
      assert.ok(run !== undefined);
      assert.equal(run.results.length, findings.length);
      run.results.forEach((r, i) => {
        const f = findings[i];
        const descriptor = run.tool.driver.rules[r.ruleIndex];
        assert.equal(r.ruleId, f?.rule);
        assert.equal(descriptor?.id, r.ruleId);
        assert.ok((descriptor?.help.text.length ?? 0) > 20);
        assert.equal(r.locations[0]?.physicalLocation.region.startLine, f?.location.line);
        assert.equal(r.relatedLocations?.length ?? 0, f?.related.length);
        assert.equal(r.fixes?.length ?? 0, f?.fixes.filter((x) => x.edits.length > 0).length);
        const steps = r.codeFlows?.[0]?.threadFlows[0]?.locations ?? [];
        assert.equal(steps.length > 0, (f?.related.length ?? 0) > 0);
        assert.ok(steps.length === 0 || steps.some((s) => s.location.message.text === f?.message));
        flows += steps.length;
        fixes += r.fixes?.length ?? 0;
      });
    }
    assert.ok(flows > 10 && fixes > 50, `${flows} steps, ${fixes} fixes`);
  });

  it('gitlab fits the documented fields, its fingerprints are unique', () => {
    const valid = new Ajv2020({ allErrors: true, strict: false }).compile(GITLAB_SCHEMA);
    for (const { name, findings } of runs) {
      const twice = [...findings, ...findings];
      for (const list of [findings, twice]) {
        const report = JSON.parse(String(findingsGitlab(reportOf(list), plain))) as { fingerprint: string }[];
        assert.ok(valid(report), `${name}: ${JSON.stringify(valid.errors)}`);
        assert.equal(report.length, list.length);
        assert.equal(new Set(report.map((r) => r.fingerprint)).size, list.length);
      }
    }
  });

  it('github stays within its limits and loses nothing', () => {
    const findings = runs.flatMap((r) => r.findings);
    const lines = String(findingsGithub(reportOf(findings), plain))
      .trimEnd()
      .split('\n');
    const of = (command: string): string[] => lines.filter((l) => l.startsWith(`::${command} `));
    assert.deepEqual([of('error').length, of('warning').length, of('notice').length], [10, 10, 10]);
    assert.equal(lines.length, findings.length + 1);
    assert.match(lines.at(-1) ?? '', /^::notice title=guplint::\d+ errors, .* in the log only/);
    for (const line of [...of('error'), ...of('warning')])
      assert.match(line, /^::\w+ file=[^,:]+,line=\d+,endLine=\d+(,col=\d+,endColumn=\d+)?,title=[\w-]+::\S/);
  });
});

describe('format details', () => {
  before(startParser);

  const finding = (over: Partial<Finding>): Finding => ({
    rule: 'magic-gup-flags',
    severity: 'warning',
    confidence: 'high',
    message: 'm',
    functionName: 'f',
    location: { file: 'a.c', line: 1, column: 2, endLine: 1, endColumn: 5 },
    site: undefined,
    related: [],
    fixes: [],
    statement: 's',
    ordinal: 0,
    fingerprint: 'x',
    ...over,
  });

  it('github escapes what would end a command or a property', () => {
    const location = { file: 'a,b:c%.c', line: 3, column: 1, endLine: 4, endColumn: 2 };
    const out = findingsGithub(reportOf([finding({ location, message: '100%\nof :: it' })]), plain);
    assert.equal(
      String(out).split('\n')[0],
      '::warning file=a%2Cb%3Ac%25.c,line=3,endLine=4,title=magic-gup-flags::100%25%0Aof :: it',
    );
  });

  it('sarif encodes paths and marks what is outside, accepted or unreadable', () => {
    const at = (file: string): Finding => finding({ location: { file, line: 1, column: 1, endLine: 1, endColumn: 2 } });
    const report: CheckReport = {
      ...reportOf([at('dir name/ü#1.c'), at('../up.c'), at('/abs/x.c')]),
      accepted: [
        { finding: at('b.c'), by: 'comment', reason: 'why' },
        { finding: at('c.c'), by: 'config', reason: 'because' },
        { finding: at('d.c'), by: 'baseline', reason: '' },
      ],
      problems: [{ path: 'gone.c', message: 'permission denied' }],
    };
    const log = JSON.parse(String(findingsSarif(report, plain))) as { runs: SarifRun[] };
    const [run] = log.runs;
    const uris = run?.results.map((r) => r.locations[0]?.physicalLocation.artifactLocation.uri);
    assert.deepEqual(uris, ['dir%20name/%C3%BC%231.c', '../up.c', 'file:///abs/x.c', 'b.c', 'c.c', 'd.c']);
    assert.deepEqual(
      run?.results.map((r) => r.suppressions.map((s) => `${s.kind}: ${s.justification}`).join()),
      ['', '', '', 'inSource: why', 'external: because', 'external: accepted in the baseline'],
    );
    assert.equal(run?.invocations[0]?.executionSuccessful, false);
    const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
    const valid = ajv.compile(multitool().schema);
    assert.ok(valid(log), JSON.stringify(valid.errors));
  });
});

/** A conversion, a leak whose fix the conversion changes in its turn, and a dirty mark that is missing. */
const LONG = `// SPDX-License-Identifier: MIT
#include <linux/mm.h>

struct demo {
	struct page **pages;
	struct sg_table sgt;
	int npages;
};

static int demo_map(struct demo *c, unsigned long uaddr)
{
	int ret;

	ret = get_user_pages_fast(uaddr, c->npages, FOLL_WRITE, c->pages);
	if (ret < c->npages) {
		kfree(c->pages);
		return -EINVAL;
	}
	return dma_map_sg(c->dev, c->sgt.sgl, c->npages, DMA_FROM_DEVICE);
}

static void demo_unmap(struct demo *c)
{
	int i;

	for (i = 0; i < c->npages; i++)
		put_page(c->pages[i]);
	kfree(c->pages);
}

static long demo_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case 1:
		return demo_map(f->private_data, arg);
	case 2:
		demo_unmap(f->private_data);
		return 0;
	}
	return -ENOTTY;
}

static const struct file_operations demo_fops = { .unlocked_ioctl = demo_ioctl };
`;
const TAKE = `static int demo_take(unsigned long addr, struct page **pages)
{
	return pin_user_pages_fast(addr, 1, 1, pages);
}
`;

describe('check --format patch', () => {
  before(startParser);
  const bytes: Readonly<Record<string, Uint8Array>> = {
    'plain.c': Buffer.from(TAKE),
    'crlf.c': Buffer.from(TAKE.replaceAll('\n', '\r\n')),
    'sub dir/blank name.c': Buffer.from(TAKE),
    'latin1.c': Buffer.from(`/* J\xfcrgen */\n${TAKE}`, 'latin1'),
    'bom.c': Buffer.from(`\uFEFF${TAKE}`),
    'open-end.c': Buffer.from(TAKE.trimEnd().replace('\n}', ' }')),
    'many.c': Buffer.from(
      Array.from({ length: 60 }, (_, i) => TAKE.replace('demo_take', `demo_take_${i}`).repeat(1)).join('\n'),
    ),
  };
  const read = (root: string): string[] =>
    Object.keys(bytes).map((f) => readFileSync(path.join(root, f)).toString('latin1'));

  it('is what --fix writes, byte for byte, and git apply takes it', () => {
    const patched = temporaryTree(bytes);
    const fixed = temporaryTree(bytes);
    const run = guplint(['.', '--kernel', '6.12', '--format', 'patch', '-o', 'out.patch'], { cwd: patched });
    assert.equal(run.code, 1, run.err);
    assert.deepEqual(
      read(patched),
      Object.keys(bytes).map((f) => Buffer.from(bytes[f] ?? []).toString('latin1')),
    );
    execFileSync('git', ['apply', '--check', 'out.patch'], { cwd: patched });
    execFileSync('git', ['apply', 'out.patch'], { cwd: patched });
    assert.equal(guplint(['.', '--kernel', '6.12', '--fix'], { cwd: fixed }).code, 0);
    assert.deepEqual(read(patched), read(fixed));
    assert.notDeepEqual(read(patched)[0], TAKE);
  });

  it('applies in a directory of a repository, by paths relative to it', () => {
    const root = temporaryTree({ 'drv/a.c': TAKE });
    execFileSync('git', ['init', '-q'], { cwd: root });
    const cwd = path.join(root, 'drv');
    const { out } = guplint(['.', '--kernel', '6.12', '--format', 'patch'], { cwd });
    execFileSync('git', ['apply', '-'], { cwd, input: out });
    assert.match(readFileSync(path.join(cwd, 'a.c'), 'utf8'), /FOLL_WRITE, pages/);
  });

  it('holds unsafe fixes only when asked, and is empty where there is nothing to fix', () => {
    const unsafe = TAKE.replace(
      'pin_user_pages_fast(addr, 1, 1',
      'pin_user_pages_fast(addr, 1, FOLL_WRITE | FOLL_FORCE',
    );
    const cwd = temporaryTree({ 'a.c': unsafe });
    assert.equal(guplint(['a.c', '--kernel', '6.12', '--format', 'patch'], { cwd }).out, '');
    const { out } = guplint(['a.c', '--kernel', '6.12', '--format', 'patch', '--unsafe-fixes'], { cwd });
    assert.match(out, /\n---\n--- a\/a\.c\n\+\+\+ b\/a\.c\n@@ /);
  });

  it("begins with a message in the kernel's form: what was found, where and why, no names and no tags", () => {
    const cwd = temporaryTree({
      'drivers/misc/demo/a.c': TAKE,
      'drivers/misc/demo/b.c': TAKE.replaceAll('take', 'get'),
    });
    const { out } = guplint(['.', '--kernel', '6.12', '--format', 'patch'], { cwd });
    const [message = '', diff = ''] = out.split('\n---\n');
    const lines = message.split('\n');
    assert.match(lines[0] ?? '', /^Subject: \[PATCH\] misc: demo: /);
    assert.match(message, /demo_take\(\) \(drivers\/misc\/demo\/a\.c\): /);
    assert.match(message.replace(/\s+/g, ' '), /\[magic-gup-flags\]/);
    assert.ok(lines.every((line) => line.length <= 75));
    assert.doesNotMatch(message, /-by:|Fixes:|From:/);
    assert.match(diff, /^--- a\/drivers\/misc\/demo\/a\.c\n/);
  });

  it('is a series where several directories change, one patch for each, which git takes apart and applies', () => {
    const cwd = temporaryTree({ 'drivers/a/a.c': TAKE, 'drivers/a/b.c': TAKE, 'drivers/b/b.c': TAKE });
    const { out } = guplint(['.', '--kernel', '6.12', '--format', 'patch', '-o', 'out.patch'], { cwd });
    assert.equal(out, '');
    mkdirSync(path.join(cwd, 'mails'));
    assert.equal(String(execFileSync('git', ['mailsplit', '-omails', 'out.patch'], { cwd })).trim(), '2');
    const subjects = ['0001', '0002'].map(
      (n) => /^Subject: .*/m.exec(readFileSync(path.join(cwd, 'mails', n), 'utf8'))?.[0],
    );
    assert.deepEqual(subjects, ['Subject: [PATCH 1/2] a: Use FOLL_WRITE', 'Subject: [PATCH 2/2] b: Use FOLL_WRITE']);
    execFileSync('git', ['apply', 'out.patch'], { cwd });
    for (const file of ['drivers/a/b.c', 'drivers/b/b.c'])
      assert.match(readFileSync(path.join(cwd, file), 'utf8'), /FOLL_WRITE, pages/);
  });

  it('names files outside the working directory by their place in the kernel tree', () => {
    const root = temporaryTree({
      'linux/Makefile': 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n',
      'linux/drivers/misc/demo/a.c': TAKE,
      'work/empty': '',
    });
    const { out } = guplint(['../linux', '--format', 'patch'], { cwd: path.join(root, 'work') });
    assert.match(out, /^Subject: \[PATCH\] misc: demo: /);
    assert.match(out, /^--- a\/drivers\/misc\/demo\/a\.c\n/m);
    execFileSync('git', ['apply', '-'], { cwd: path.join(root, 'linux'), input: out });
    const inside = guplint(['.', '--format', 'patch'], { cwd: path.join(root, 'linux/drivers/misc/demo') });
    assert.equal(inside.out, '');
  });

  it('names files in full at the root of the tree', () => {
    const cwd = temporaryTree({
      Makefile: 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n',
      'drivers/misc/demo/a.c': TAKE,
      'drivers/misc/demo/b.c': TAKE.replaceAll('take', 'get'),
    });
    const { out } = guplint(['.', '--format', 'patch'], { cwd });
    assert.match(out, /^Subject: \[PATCH\] misc: demo: /);
    assert.match(out, / \(drivers\/misc\/demo\/a\.c\)/);
  });

  it('tells what was found in the files as they were, not what a fix asked for on its way', () => {
    const cwd = temporaryTree({ 'a.c': LONG });
    const { out } = guplint(['a.c', '--kernel', '6.12', '--format', 'patch', '--unsafe-fixes'], { cwd });
    const [message = '', diff = ''] = out.split('\n---\n');
    assert.match(diff, /^\+\t\t\tunpin_user_pages\(c->pages, ret\);$/m);
    const told = message.replace(/\s+/g, ' ');
    const rules = ['longterm-needs-pin', 'partial-pin-leaked', 'missing-dirty'];
    assert.deepEqual(
      [...told.matchAll(/\[([a-z-]+)\]/g)].map(([, rule]) => rule),
      rules,
    );
    assert.match(told, / demo_unmap\(\) gives pages back with put_page\(\) that nothing marks dirty/);
    assert.doesNotMatch(told, /demo_unmap\(\): demo_unmap\(\)/);
  });

  it('tells the advice once where the fix is what it says', () => {
    const [finding] = analyseTexts(new Map([['a.c', TAKE]]), { kernel: '6.12', defines: [], inTree: false }).findings;
    assert.ok(finding !== undefined);
    const fix = (advice: string, title: string) => {
      const told = { ...finding, message: `pages are put twice; ${advice}` };
      return { finding: told, title, files: ['a.c'], answers: told };
    };
    const fixes = [fix('use put_page()', 'Use put_page()'), fix('mend it', 'Add FOLL_WRITE')];
    const message = commitMessage(fixes, { files: ['a.c'], paths: new Map(), number: '' });
    assert.match(message, /; use put_page\(\) \[[\w-]+\]\.\n/);
    assert.match(message, /; mend it\s\[[\w-]+\]\. Add\sFOLL_WRITE\.\n/);
  });

  it('no line of the message begins like a header', () => {
    const [finding] = analyseTexts(new Map([['a.c', TAKE]]), { kernel: '6.12', defines: [], inTree: false }).findings;
    assert.ok(finding !== undefined);
    for (let shift = 0; shift < 80; shift++) {
      const told = { ...finding, message: `${'x'.repeat(shift)} pages that are written to: reclaim may drop them` };
      const message = commitMessage([{ finding: told, title: 'Mend', files: ['a.c'], answers: told }], {
        files: ['a.c'],
        paths: new Map(),
        number: '',
      });
      const [, ...lines] = message.split('\n');
      assert.ok(!lines.some((line) => /^[A-Za-z-]+:/.test(line)), message);
      assert.ok(lines.every((line) => line.length <= 85));
    }
  });

  it('the suppressed and the baselined are in the sarif file of a run', () => {
    const cwd = temporaryTree({
      'a.c': TAKE.replace('\treturn', '\t/* guplint: ignore magic-gup-flags -- shown */\n\treturn'),
      'b.c': TAKE,
    });
    mkdirSync(path.join(cwd, 'sub'));
    assert.equal(guplint(['baseline', 'write', 'b.c', '--kernel', '6.12'], { cwd }).code, 0);
    const run = guplint(['.', '--kernel', '6.12', '--format', 'sarif'], { cwd });
    const [sarif] = (JSON.parse(run.out) as { runs: SarifRun[] }).runs;
    assert.equal(run.code, 0, run.err);
    assert.deepEqual(
      sarif?.results.map((r) => `${r.locations[0]?.physicalLocation.artifactLocation.uri} ${r.suppressions[0]?.kind}`),
      ['a.c inSource', 'b.c external'],
    );
  });
});
