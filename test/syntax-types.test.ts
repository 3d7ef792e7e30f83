/** Types of locals, parameters, fields and expressions, in the file and through project headers; casts to typedefs. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRange } from '../model/version.ts';
import { isInteger, printType } from '../server/syntax/ctype.ts';
import { loadUnit } from '../server/syntax/load.ts';
import { type CNode, walk } from '../server/syntax/node.ts';
import { parseFunction } from '../server/syntax/parse-function.ts';
import { fieldType, typeOfExpression, variableAt, variablesOf } from '../server/syntax/types.ts';
import type { CUnit, FunctionDef, HeaderLoader } from '../server/syntax/unit.ts';
import { startParser } from './harness/parser.ts';

const ROOT = path.join(__dirname, 'fixtures', 'syntax');

function loader(reads: string[] = []): HeaderLoader {
  return {
    load(fromPath, includePath) {
      const file = path.join(path.dirname(fromPath), includePath);
      if (!existsSync(path.join(ROOT, file))) return undefined;
      reads.push(file);
      return { path: file, text: readFileSync(path.join(ROOT, file), 'utf8') };
    },
  };
}

function load(text: string, reads?: string[]): CUnit {
  const range = parseRange('6.12');
  assert.ok(range);
  return loadUnit('a.c', text, { range, defines: new Map(), loader: loader(reads) });
}

function functionNamed(unit: CUnit, name: string): FunctionDef {
  const fn = unit.functions.find((f) => f.name === name);
  assert.ok(fn, name);
  return fn;
}

/** Types of the expressions that stand as statements of a function, by their text. */
function statementTypes(unit: CUnit, fn: FunctionDef): Record<string, string> {
  const out: Record<string, string> = {};
  walk(parseFunction(unit, fn).body, (n) => {
    const [e] = n.children;
    if (n.type !== 'expression_statement' || e === undefined) return true;
    const type = typeOfExpression(unit, fn, e);
    const signed =
      type !== undefined && isInteger(type) ? ` ${type.bits ?? '?'}${type.unsigned === true ? 'u' : 's'}` : '';
    out[unit.text.slice(e.start, e.end)] = type === undefined ? '?' : `${printType(type)}${signed}`;
    return false;
  });
  return out;
}

describe('types', () => {
  before(startParser);

  it('of locals and parameters, in every declarator', () => {
    const unit = load(`
struct foo { int a; };
static int f(struct foo *p, const char __user *buf, unsigned long flags, struct page *pages[], int (*cb)(int, void *), ...)
{
	struct page **list, *one = NULL, *fixed[16];
	unsigned int i, n = 3, m[2][3];
	struct foo __aligned(8) local;
	u64 x __maybe_unused;
	void (*hooks[4])(struct foo *);
	const struct { int inner; } anonymous;
	struct page **clean __free(kvfree) = NULL;

	for (size_t k = 0; k < n; k++) {
		long n = 1;
	}
	return 0;
}
SYSCALL_DEFINE2(demo, unsigned long, start, const char __user *, name)
{
	return 0;
}
`);
    const types = (name: string): string[] => {
      const fn = functionNamed(unit, name);
      return variablesOf(unit, fn).map((v) => `${v.parameter ? 'parameter ' : ''}${v.name}: ${printType(v.type)}`);
    };
    assert.deepEqual(types('f'), [
      'parameter p: struct foo *',
      'parameter buf: char *',
      'parameter flags: unsigned long',
      'parameter pages: struct page **',
      'parameter cb: int (*)()',
      'list: struct page **',
      'one: struct page *',
      'fixed: struct page *[]',
      'i: unsigned int',
      'n: unsigned int',
      'm: unsigned int [][]',
      'local: struct foo',
      'x: u64',
      'hooks: void (*[])()',
      `anonymous: struct f@${unit.text.indexOf('const struct { int inner')}#0`,
      'clean: struct page **',
      'k: size_t',
      'n: long',
    ]);
    assert.deepEqual(types('demo'), ['parameter start: unsigned long', 'parameter name: char *']);
    const f = functionNamed(unit, 'f');
    const inner = unit.text.indexOf('long n = 1') + 8;
    assert.equal(variableAt(unit, f, 'n', inner)?.type.base, 'long');
    assert.equal(variableAt(unit, f, 'n', unit.text.indexOf('return 0'))?.type.base, 'unsigned int');
    assert.equal(variableAt(unit, f, 'k', unit.text.indexOf('return 0')), undefined);
    assert.equal(variableAt(unit, f, 'nothing', inner), undefined);
  });

  it('of fields, through headers, nested and unnamed members', () => {
    const reads: string[] = [];
    const unit = load('#include <linux/mm.h>\n#include "project/compat.h"\n', reads);
    assert.equal(reads.length, 0);
    const field = (tag: string, name: string): string | undefined => {
      const type = fieldType(unit, tag, name);
      return type === undefined ? undefined : printType(type);
    };
    assert.equal(field('demo_region', 'pages'), 'struct page **');
    assert.equal(field('demo_region', 'pinned'), 'unsigned int');
    assert.equal(field('demo_region', 'state'), 'u8');
    assert.equal(field('demo_region', 'release'), 'int (*)()');
    assert.equal(field('demo_region', 'deep'), 'struct demo_deep []');
    assert.equal(field('demo_region', 'nothing'), undefined);
    assert.equal(field('demo_deep', 'bytes'), 'size_t');
    assert.equal(field('demo_deep', 'name'), 'char *');
    assert.equal(field('demo_deep', 'mask'), 'unsigned long []');
    assert.equal(field('demo_deep', 'second'), '__le32');
    assert.equal(field('no_such_struct', 'a'), undefined);
    const id = fieldType(unit, 'demo_region', 'id');
    assert.equal(field(id?.tag ?? '', 'handle'), 'unsigned long');
    const list = fieldType(unit, 'demo_deep', 'list');
    assert.equal(field(list?.tag ?? '', 'handles'), 'unsigned long *');
    assert.deepEqual([...new Set(reads)], ['project/compat.h', 'project/deeper.h']);
  });

  it('of expressions', () => {
    const unit = load(`
#include "project/compat.h"
struct foo { struct page **pages; long count; u8 small; struct foo *next; const struct demo_ops *ops; unsigned bits : 3; };
struct demo_ops { ssize_t (*read)(struct foo *); };
static struct foo *table[8];
static long helper(int a);
static int f(struct foo *p, struct foo s, int i, unsigned int u, size_t z, struct demo_region *r)
{
	p->pages;
	p->pages[0];
	*p->pages;
	&p->pages[i];
	s.next->count;
	&s;
	*p;
	table[i]->small;
	p->small + p->small;
	i + u;
	i + z;
	u + p->count;
	-p->small;
	!p;
	~u;
	p->pages + i;
	&p->pages[i] - p->pages;
	i < z;
	p->count << 3;
	i ? p->count : i;
	i ? NULL : p;
	(u32)i;
	(u8)(i + 1);
	(demo_handle_t)-1;
	(struct page *)z;
	(unsigned long)p->pages;
	sizeof(*p);
	helper(1);
	p->ops->read(p);
	min_t(unsigned int, i, z);
	container_of(p, struct foo, next);
	READ_ONCE(p->count);
	r->id.handle;
	r->deep[1].list.handles[0];
	1;
	1UL;
	0xffffffff;
	4294967296;
	"text";
	'c';
	(i, z);
	i = z;
	i++;
	unknown;
	unknown(1)->field;
	current->mm;
	return 0;
}
`);
    assert.deepEqual(statementTypes(unit, functionNamed(unit, 'f')), {
      'p->pages': 'struct page **',
      'p->pages[0]': 'struct page *',
      '*p->pages': 'struct page *',
      '&p->pages[i]': 'struct page **',
      's.next->count': 'long 64s',
      '&s': 'struct foo *',
      '*p': 'struct foo',
      'table[i]->small': 'u8 8u',
      'p->small + p->small': 'int 32s',
      'i + u': 'unsigned int 32u',
      'i + z': 'size_t 64u',
      'u + p->count': 'long 64s',
      '-p->small': 'int 32s',
      '!p': 'int 32s',
      '~u': 'unsigned int 32u',
      'p->pages + i': 'struct page **',
      '&p->pages[i] - p->pages': 'long 64s',
      'i < z': 'int 32s',
      'p->count << 3': 'long 64s',
      'i ? p->count : i': 'long 64s',
      'i ? NULL : p': 'struct foo *',
      '(u32)i': 'u32 32u',
      '(u8)(i + 1)': 'u8 8u',
      '(demo_handle_t)-1': 'unsigned long 64u',
      '(struct page *)z': 'struct page *',
      '(unsigned long)p->pages': 'unsigned long 64u',
      'sizeof(*p)': 'unsigned long 64u',
      'helper(1)': 'long 64s',
      'p->ops->read(p)': 'ssize_t 64s',
      'min_t(unsigned int, i, z)': 'unsigned int 32u',
      'container_of(p, struct foo, next)': 'struct foo *',
      'READ_ONCE(p->count)': 'long 64s',
      'r->id.handle': 'unsigned long 64u',
      'r->deep[1].list.handles[0]': 'unsigned long 64u',
      '1': 'int 32s',
      '1UL': 'unsigned long 64u',
      '0xffffffff': 'unsigned int 32u',
      '4294967296': 'long 64s',
      '"text"': 'char []',
      "'c'": 'int 32s',
      '(i, z)': 'size_t 64u',
      'i = z': 'int 32s',
      'i++': 'int 32s',
      unknown: '?',
      'unknown(1)->field': '?',
      'current->mm': '?',
    });
  });
});

describe('casts to typedefs', () => {
  before(startParser);

  const print = (n: CNode, text: string): string =>
    n.children.length === 0
      ? text.slice(n.start, n.end)
      : `(${n.type} ${n.children.map((c) => print(c, text)).join(' ')})`;

  const expression = (code: string): string => {
    const unit = load(`typedef int mine; int f(int a, int (*call)(int))\n{\n\tx = ${code};\n}\n`);
    const { body, damaged } = parseFunction(unit, functionNamed(unit, 'f'));
    assert.equal(damaged, false);
    const [right] = body.children[0]?.children[0]?.children.filter((c) => c.field === 'right') ?? [];
    assert.ok(right);
    walk(right, (n, parent) => {
      if (parent !== undefined)
        assert.ok(parent.start <= n.start && n.end <= parent.end, `${n.type} outside ${parent.type}`);
      return true;
    });
    return print(right, unit.text);
  };

  it('are casts, not calls and differences', () => {
    assert.equal(expression('(u32)(a)'), '(cast_expression (type_descriptor u32) (parenthesized_expression a))');
    assert.equal(
      expression('(mine)(a + 1)'),
      '(cast_expression (type_descriptor mine) (parenthesized_expression (binary_expression a + 1)))',
    );
    assert.equal(expression('(NvU32)(a)'), '(cast_expression (type_descriptor NvU32) (parenthesized_expression a))');
    assert.equal(expression('(u8)-1'), '(cast_expression (type_descriptor u8) (unary_expression - 1))');
    assert.equal(
      expression('(u8)*a * 2'),
      '(binary_expression (cast_expression (type_descriptor u8) (pointer_expression * a)) * 2)',
    );
    assert.equal(
      expression('(u8)-a * 2'),
      '(binary_expression (cast_expression (type_descriptor u8) (unary_expression - a)) * 2)',
    );
    assert.equal(
      expression('(mine)(a)->b'),
      '(cast_expression (type_descriptor mine) (field_expression (parenthesized_expression a) -> b))',
    );
  });

  it('are not made of calls through a name in brackets, nor of sums', () => {
    assert.equal(expression('(call)(a)'), '(call_expression (parenthesized_expression call) (argument_list a))');
    assert.equal(expression('(f)(a)'), '(call_expression (parenthesized_expression f) (argument_list a))');
    assert.equal(expression('(a) - 1'), '(binary_expression (parenthesized_expression a) - 1)');
    assert.equal(expression('(PAGE_SIZE) - 1'), '(binary_expression (parenthesized_expression PAGE_SIZE) - 1)');
  });
});
