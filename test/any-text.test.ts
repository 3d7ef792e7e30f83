/** The whole way from text to findings, with all rules, on text that is hardly C any more: it ends, in time, with an answer. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyseText } from './harness/engine.ts';
import { startParser } from './harness/parser.ts';
import { randomNumbers } from './harness/random.ts';

const RULES = join(__dirname, 'fixtures', 'rules');

/** Pieces that make and break sites, brackets, comments and directives. */
const PIECES = [
  'put_page(page);',
  'pin_user_pages(addr, nr, 0, pages)',
  'get_user_pages_fast',
  '{',
  '}',
  ';',
  '(',
  ')',
  '"',
  '/*',
  '*/',
  '\n#if X\n',
  '\n#endif\n',
  'return',
  'static ',
  '->',
];

function broken(text: string, random: (bound: number) => number): string {
  let out = text;
  for (let i = 0; i < 8; i++) {
    const at = random(out.length + 1);
    const piece = random(4) === 0 ? out.slice(random(out.length), random(out.length)) : PIECES[random(PIECES.length)];
    out = `${out.slice(0, at)}${piece?.slice(0, 600)}${out.slice(at + random(20))}`;
  }
  return out;
}

describe('all rules on any text', () => {
  before(startParser);

  it('end where a function has lost its name', () => {
    analyseText(`
static int demo_take;(s;truct demo *d, unsigned long addr)
{
	struct page *page;

	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
		return -EFAULT;
	return demo_use(page);
}
`);
  });

  it('end on fixtures with pieces put in and left out', function () {
    this.timeout(300_000);
    const random = randomNumbers(42);
    const texts = readdirSync(RULES, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.c'))
      .map((name) => readFileSync(join(RULES, name), 'utf8'));
    for (let i = 0; i < 300; i++) analyseText(broken(texts[i % texts.length] ?? '', random), { kernel: '6.12' });
  });
});
