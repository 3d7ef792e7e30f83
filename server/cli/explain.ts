/**
 * `guplint explain`: a rule, a case, an API, a flag, a concept, or a function that the project of the working directory declares, on standard
 * output. An unknown topic is bad usage.
 */
import { type Catalogue, model } from '../../model/index.ts';
import { closest } from '../base/closest.ts';
import { isUserError, UserError } from '../base/user-error.ts';
import { ConfigFinder, DEFAULT_SETTINGS } from '../engine/config.ts';
import { catalogueOf } from '../engine/private-model.ts';
import { createFileSystem } from '../host/files.ts';
import { conceptNames, explainTopic, topics } from '../ide/explain.ts';
import type { ExitCode } from './main.ts';
import type { Terminal } from './terminal.ts';

/** Prints the explanation. Throws UserError for a topic that is none. */
export function explain(topic: string, terminal: Terminal): ExitCode {
  const catalogue = catalogueHere(topic);
  const text = explainTopic(topic, catalogue);
  if (text === undefined) {
    const meant = closest(topic.trim(), topics(catalogue));
    throw new UserError(
      meant === undefined
        ? `nothing is known of '${topic}'; topics are rules, case1 to case5, APIs, FOLL_ flags and ${conceptNames().join(', ')}`
        : `nothing is known of '${topic}'; did you mean '${meant}'?`,
    );
  }
  terminal.out(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}

/** The model with what the project declares. A configuration that cannot be used matters for what is not known without it alone. */
function catalogueHere(topic: string): Catalogue {
  try {
    return catalogueOf(new ConfigFinder(createFileSystem(), DEFAULT_SETTINGS).of('.'));
  } catch (error) {
    if (isUserError(error) && explainTopic(topic) !== undefined) return model;
    throw error;
  }
}
