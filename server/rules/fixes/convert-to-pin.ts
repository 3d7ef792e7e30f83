/** The conversion of a site as a rule about its flags offers it: a fix, or a step that says why there is none. */
import type { CallSite, FlagTerm } from '../../analysis/sites/site.ts';
import type { FixProposal, Report, RulePass } from '../define.ts';
import { type Conversion, conversionOf } from './conversion/plan.ts';

/** What a finding carries of a conversion. */
export interface OfferedConversion {
  readonly fixes: readonly FixProposal[];
  readonly steps: NonNullable<Report['related']>;
}

/** The conversion of a get call to a pin; `dropped` is a flag to take out of its flags on the way. */
export function convertToPin(pass: RulePass, site: CallSite, dropped?: FlagTerm): OfferedConversion {
  const record = pass.recordOf(site);
  if (record === undefined || site.via !== undefined) return { fixes: [], steps: [] };
  return offered(conversionOf(pass, { site, record }, dropped));
}

/** A conversion as a finding carries it. */
export function offered(conversion: Conversion): OfferedConversion {
  if (conversion.kind === 'fix') return { fixes: [conversion.fix], steps: [] };
  return { fixes: [], steps: [{ at: conversion.at, message: `no conversion is offered: ${conversion.reason}` }] };
}
