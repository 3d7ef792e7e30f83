/**
 * Reads rule files as documentation: the TSDoc block at the head, split by its headings, and the literal fields of
 * defineRule(). Throws an Error that names the file when a block or field is missing, unknown or out of order.
 */
import path from 'node:path';
import { type CallExpression, Node, Project, type SourceFile, SyntaxKind } from 'ts-morph';

/** The headings of a rule's documentation, in order. */
export const HEADINGS = [
  'What it does',
  'Why is this bad?',
  'Example',
  'Use instead',
  'Kernels',
  'Limits',
  'Fix safety',
  'References',
] as const;

/** A fenced block of C in a rule's documentation. */
export interface RuleExample {
  readonly kind: 'bad' | 'good';
  /** The kernels to read it for, as `--kernel` takes them. */
  readonly kernel: string;
  readonly code: string;
}

/** A rule as its file describes it. */
export interface RuleSource {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly severity: string;
  readonly fix: string;
  /** Name of the exported constant. */
  readonly exported: string;
  /** The documentation without the comment's stars. */
  readonly doc: string;
  /** Text under each heading. */
  readonly sections: ReadonlyMap<string, string>;
  readonly examples: readonly RuleExample[];
}

/** The order of groups in tables. */
export const GROUPS = ['flags', 'case', 'release', 'result', 'dirty', 'context', 'version', 'own'] as const;

/** Every rule of the repository, by group and name. `root` is the repository's directory. */
export function readRules(root: string): readonly RuleSource[] {
  const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });
  const files = project.addSourceFilesAtPaths(path.join(root, 'server/rules/*.ts'));
  const rules = files.flatMap((file) => readRule(file) ?? []);
  const rank = (r: RuleSource): number => GROUPS.indexOf(r.group as (typeof GROUPS)[number]);
  return rules.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function readRule(file: SourceFile): RuleSource | undefined {
  const found = definition(file);
  if (found === undefined) return undefined;
  const { call, exported } = found;
  const argument = call.getArguments()[0];
  if (!Node.isObjectLiteralExpression(argument)) throw new Error(`${file.getBaseName()}: defineRule() takes an object`);
  const field = (name: string): string => {
    const property = argument.getProperty(name);
    const value = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
    if (!Node.isStringLiteral(value)) throw new Error(`${file.getBaseName()}: ${name} is no string literal`);
    return value.getLiteralText();
  };
  const name = field('name');
  if (`${name}.ts` !== file.getBaseName()) throw new Error(`${file.getBaseName()}: its rule is named ${name}`);
  const doc = headComment(file);
  const sections = splitSections(doc, file.getBaseName());
  return {
    name,
    group: field('group'),
    summary: field('summary'),
    severity: field('severity'),
    fix: field('fix'),
    exported,
    doc,
    sections,
    examples: examplesOf(sections, file.getBaseName()),
  };
}

/** The exported constant whose value is a defineRule() call. */
function definition(file: SourceFile): { call: CallExpression; exported: string } | undefined {
  for (const variable of file.getVariableDeclarations()) {
    const call = variable.getInitializerIfKind(SyntaxKind.CallExpression);
    if (call?.getExpression().getText() === 'defineRule' && variable.isExported())
      return { call, exported: variable.getName() };
  }
  return undefined;
}

/** The text of the comment at the head of a file, without its stars. */
function headComment(file: SourceFile): string {
  const m = /^\/\*\*([\s\S]*?)\*\//.exec(file.getFullText());
  if (m?.[1] === undefined) throw new Error(`${file.getBaseName()}: no documentation at its head`);
  const lines = m[1].split('\n').map((line) => line.replace(/^ \* ?/, '').replace(/\s+$/, ''));
  return lines.join('\n').trim();
}

function splitSections(doc: string, file: string): ReadonlyMap<string, string> {
  const sections = new Map<string, string>();
  for (const part of doc.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n');
    sections.set(part.slice(0, end).trim(), part.slice(end + 1).trim());
  }
  const found = [...sections.keys()];
  if (found.join('|') !== HEADINGS.join('|'))
    throw new Error(`${file}: headings are ${found.join(', ')}; they must be ${HEADINGS.join(', ')}`);
  for (const [heading, text] of sections) if (text === '') throw new Error(`${file}: nothing under "${heading}"`);
  return sections;
}

function examplesOf(sections: ReadonlyMap<string, string>, file: string): readonly RuleExample[] {
  const examples: RuleExample[] = [];
  for (const heading of ['Example', 'Use instead']) {
    const blocks = [...(sections.get(heading) ?? '').matchAll(/^```c (bad|good)(?: kernel=(\S+))?\n([\s\S]*?)^```$/gm)];
    const wanted = heading === 'Example' ? 'bad' : 'good';
    if (blocks.length === 0 || blocks.some((b) => b[1] !== wanted))
      throw new Error(`${file}: "${heading}" needs \`\`\`c ${wanted}`);
    for (const b of blocks) examples.push({ kind: wanted, kernel: b[2] ?? '6.12', code: b[3] ?? '' });
  }
  return examples;
}
