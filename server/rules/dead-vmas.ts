/**
 * ## What it does
 * Finds a `vmas` array that is given to a call and never looked at.
 *
 * ## Why is this bad?
 * 6.5 took the parameter away. An array that nobody reads only stands in the way of moving to a newer kernel, and costs memory.
 *
 * ## Example
 * ```c bad kernel=6.1
 * static long demo_get(unsigned long addr, struct page **pages)
 * {
 * 	struct vm_area_struct *vmas[4];
 *
 * 	return get_user_pages(addr, 4, FOLL_WRITE, pages, vmas);
 * }
 * ```
 *
 * ## Use instead
 * ```c good kernel=6.1
 * static long demo_get(unsigned long addr, struct page **pages)
 * {
 * 	return get_user_pages(addr, 4, FOLL_WRITE, pages, NULL);
 * }
 * ```
 *
 * ## Kernels
 * Up to 6.4.
 *
 * ## Limits
 * Only a local variable whose name occurs in the function for nothing but its declaration, its allocation, a test for NULL and its
 * freeing is taken as unused.
 *
 * ## Fix safety
 * Safe: NULL is passed, and a variable that only the call used goes; an array that is allocated is left to be removed by hand.
 *
 * ## References
 * get_user_pages() in mm/gup.c of 6.4 and 6.5.
 */
import { treeOf } from '../analysis/calls/call-index.ts';
import type { ApiCall, Argument } from '../analysis/sites/site.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { replaceArgument } from './fixes/arguments.ts';
import { dropUnusedLocals } from './fixes/unused-locals.ts';
import { argumentOf } from './support/facts.ts';

/** See the head of the file. */
export const deadVmas = defineRule({
  name: 'dead-vmas',
  group: 'version',
  summary: 'A vmas array is passed and never used; 6.5 removed the parameter',
  severity: 'info',
  fix: 'safe',
  check(pass) {
    for (const site of pass.sites) {
      const vmas = argumentOf(site, 'vmas', pass);
      if (vmas === undefined || !isUnused(pass, site, vmas)) continue;
      pass.report({
        message: `${vmas.text} is filled by ${site.api}() and never used; pass NULL (6.5 removed the parameter)`,
        at: { unit: site.unit, span: { start: vmas.start, end: vmas.end } },
        functionName: site.fn?.name ?? '',
        site,
        fixes: [passNull(pass, site, vmas)],
      });
    }
  },
});

/** NULL for the variable in all calls of the function, which may leave it without a use. */
function passNull(pass: RulePass, { unit, fn }: ApiCall, vmas: Argument): FixProposal {
  const alike = pass.sites.flatMap((site) => {
    const other = site.unit === unit && site.fn === fn ? argumentOf(site, 'vmas', pass) : undefined;
    return other !== undefined && nameOf(other) === nameOf(vmas) ? [{ site, vmas: other }] : [];
  });
  const names = new Set([nameOf(vmas) ?? '']);
  const gone = alike.map((a) => ({ start: a.vmas.start, end: a.vmas.end }));
  const unused = fn === undefined ? [] : dropUnusedLocals(unit, treeOf(unit, fn), { names, gone });
  const passed = alike.map((a) => replaceArgument(a.site, a.vmas, 'NULL'));
  return { title: 'Pass NULL', applicability: 'safe', edits: [...passed, ...unused] };
}

/** The variable that an argument names, or points to. */
function nameOf({ text }: Argument): string | undefined {
  return /^&?\s*(\w+)(?:\[0\])?$/.exec(text)?.[1];
}

/** Whether the argument is a variable of the function that is declared, allocated, tested and freed, and nothing else. */
function isUnused(pass: RulePass, call: ApiCall, vmas: Argument): boolean {
  const name = nameOf(vmas);
  if (name === undefined || name === 'NULL' || /^\d/.test(name) || call.fn === undefined) return false;
  const { start, end } = call.fn.bodySpan;
  const body = call.unit.code.slice(start, end);
  let declared = false;
  for (const m of body.matchAll(new RegExp(`\\b${name}\\b`, 'g'))) {
    const at = start + m.index;
    if (at >= vmas.start && at < vmas.end) continue;
    const before = body.slice(0, m.index);
    const after = body.slice(m.index + name.length);
    const use = useOf(before, after);
    if (use === 'other' && !otherCallPasses(pass, at)) return false;
    declared ||= use === 'declaration';
  }
  return declared;
}

function useOf(before: string, after: string): 'declaration' | 'harmless' | 'other' {
  if (/\bstruct\s+vm_area_struct\s*\*+\s*$/.test(before) && /^\s*(?:\[[^\]]*\])?\s*[;=,]/.test(after))
    return 'declaration';
  if (/[;{}]\s*$/.test(before) && /^\s*=[^=]/.test(after)) return 'harmless';
  if (/\b(?:kfree|vfree|kvfree)\s*\(\s*$/.test(before)) return 'harmless';
  if (/(?:!|\bIS_ERR_OR_NULL\s*\()\s*$/.test(before) || /^\s*[!=]=\s*NULL\b/.test(after)) return 'harmless';
  return /\bif\s*\(\s*$/.test(before) && /^\s*\)/.test(after) ? 'harmless' : 'other';
}

/** Whether the name stands in the vmas argument of another call of the family. */
function otherCallPasses(pass: RulePass, at: number): boolean {
  return pass.sites.some((site) => {
    const vmas = argumentOf(site, 'vmas', pass);
    return vmas !== undefined && at >= vmas.start && at < vmas.end;
  });
}
