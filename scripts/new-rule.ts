/**
 * `npm run new-rule NAME [GROUP]`: writes the skeleton of a rule and of its fixture. The skeleton does not pass the tests as it
 * is: its examples and markers are to be written first.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GROUPS, HEADINGS } from './rule-source.ts';

const ROOT = path.join(__dirname, '..');

/** Text of a new rule file. `name` is kebab-case. */
export function ruleSkeleton(name: string, group: string): string {
  const exported = name.replace(/-(\w)/g, (_, c: string) => c.toUpperCase());
  const examples: Readonly<Record<string, string>> = { Example: 'bad', 'Use instead': 'good' };
  const sections = HEADINGS.map((heading) => {
    const kind = examples[heading];
    const body = kind === undefined ? ' * To be written.' : ` * \`\`\`c ${kind}\n * \`\`\``;
    return ` * ## ${heading}\n${body}`;
  });
  return `/**
${sections.join('\n *\n')}
 */
import { defineRule } from './define.ts';

/** See the head of the file. */
export const ${exported} = defineRule({
  name: '${name}',
  group: '${group}',
  summary: '',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      pass.report({
        message: '',
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
      });
    }
  },
});
`;
}

/** Text of a new fixture. */
export function fixtureSkeleton(name: string): string {
  return `//- kernel: 6.12
// What this file is about.

static int demo_bad(unsigned long addr, int n, struct page **pages)
{
	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages); //~ ${name} warning high @\`pin_user_pages_fast\`
}

static int demo_ok(unsigned long addr, int n, struct page **pages)
{
	return pin_user_pages_fast(addr, n, 0, pages);
}
`;
}

function main(name: string | undefined, group = 'release'): number {
  if (name === undefined || !/^[a-z]+(-[a-z0-9]+)+$/.test(name) || !(GROUPS as readonly string[]).includes(group)) {
    process.stderr.write(`usage: npm run new-rule NAME [${GROUPS.join('|')}]; NAME is kebab-case, two words or more\n`);
    return 2;
  }
  const rule = path.join(ROOT, 'server/rules', `${name}.ts`);
  const fixture = path.join(ROOT, 'test/fixtures/rules', name, 'calls.c');
  if (existsSync(rule) || existsSync(fixture)) {
    process.stderr.write(`${name} exists already\n`);
    return 2;
  }
  writeFileSync(rule, ruleSkeleton(name, group));
  mkdirSync(path.dirname(fixture), { recursive: true });
  writeFileSync(fixture, fixtureSkeleton(name));
  process.stdout.write(
    `wrote ${path.relative(ROOT, rule)} and ${path.relative(ROOT, fixture)}; then: npm run generate\n`,
  );
  return 0;
}

if (require.main === module) process.exitCode = main(process.argv[2], process.argv[3]);
