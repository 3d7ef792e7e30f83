/** The flags that a call of a wrapper passes to the API's function. */
import type { Model } from '../../../../model/index.ts';
import { argumentOf as argumentIn, rowsOf } from '../../../analysis/flags/flags.ts';
import type { Argument, CallSite } from '../../../analysis/sites/site.ts';
import { argumentNodes } from '../../../analysis/trees.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';

/** Which argument of a call of a wrapper (from 0) becomes the flags of the API; undefined where the wrapper chooses them, or in a macro. */
export function passedFlags(caller: CallSite, model: Model): number | undefined {
  const { node, args } = caller;
  const flags = argumentIn({ rows: rowsOf(caller, model), args }, 'flags');
  const index = node === undefined ? -1 : argumentNodes(node).findIndex((n) => n.start === flags?.start);
  return index < 0 ? undefined : index;
}

/** The flags that a call passes, itself or to a function that passes them on; undefined where it passes none. */
export function flagsPassed(pass: RulePass, site: CallSite): Argument | undefined {
  if (site.via === undefined) return argumentOf(site, 'flags', pass);
  return passedFlags(site, pass.model) === undefined
    ? undefined
    : argumentIn({ rows: rowsOf(site, pass.model), args: site.args }, 'flags');
}
