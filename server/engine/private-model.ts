/** The model with what a project declares of its own functions. */
import { type Catalogue, createModel, model } from '../../model/index.ts';
import type { ApiRow } from '../../model/schema.ts';
import type { ResolvedConfig } from './protocol.ts';

/** Models of different declarations that are kept; a run has one a configuration file. */
const MAX_KEPT = 8;

const byRows = new WeakMap<readonly ApiRow[], Catalogue>();
const byText = new Map<string, Catalogue>();

/** The model that holds under a configuration; the same value for the same declarations. */
export function catalogueOf({ rows }: Pick<ResolvedConfig, 'rows'>): Catalogue {
  if (rows.length === 0) return model;
  let known = byRows.get(rows);
  if (known === undefined) {
    // Rows that came from another thread are equal to others without being the same.
    const text = JSON.stringify(rows);
    known = byText.get(text) ?? createModel({ rows });
    if (byText.size >= MAX_KEPT) byText.clear();
    byText.set(text, known);
    byRows.set(rows, known);
  }
  return known;
}

/** The names that a configuration declares. */
export function declaredNames({ rows }: Pick<ResolvedConfig, 'rows'>): readonly string[] {
  return [...new Set(rows.map((row) => row.name))].sort();
}
