/**
 * Generates client/package.json, the manifest of the VS Code extension: versions from package.json, the rules' settings from the
 * rules, everything else from here. `npm run generate` writes; a test compares and fails when the file is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readRules } from './rule-source.ts';

const ROOT = path.join(__dirname, '..');

/** Where the manifest stands, below the repository's root. */
export const MANIFEST = 'client/package.json';

const COMMANDS: readonly (readonly [string, string, string?])[] = [
  ['lintWorkspace', 'Check Workspace', '$(checklist)'],
  ['exportReport', 'Export Report', '$(graph)'],
  ['clearFindings', 'Clear Findings of the Last Workspace Check'],
  ['showSites', 'Show Sites', '$(list-tree)'],
  ['refreshSites', 'Search for Sites Again', '$(refresh)'],
  ['sitesByCase', 'Group Sites by Case', '$(list-ordered)'],
  ['sitesByDirectory', 'Group Sites by Directory', '$(folder)'],
  ['explainRule', 'Explain a Rule, Case, Function or Flag', '$(book)'],
  ['restart', 'Restart Server'],
  ['showOutput', 'Show Output'],
  ['menu', 'Menu'],
];

interface Setting {
  readonly [key: string]: unknown;
}

function scalar(type: 'string' | 'boolean', value: string | boolean, text: string, more: Setting = {}): Setting {
  return { type, default: value, scope: 'resource', markdownDescription: text, ...more };
}

function settings(root: string): Readonly<Record<string, Setting>> {
  const rules = readRules(root);
  const properties = Object.fromEntries(
    rules.map((r) => [
      r.name,
      {
        enum: ['off', 'info', 'warning', 'error'],
        default: r.severity,
        description: `${r.summary}. (${r.group}; ${r.severity} by default)`,
      },
    ]),
  );
  return {
    'guplint.enabled': scalar('boolean', true, 'Whether C files are checked.'),
    'guplint.kernel': scalar(
      'string',
      'auto',
      "The kernels to check for: `6.12`, a range `6.1..6.12`, or `auto`: the kernel tree's Makefile, guplint.json, or what the code itself shows.",
      { pattern: '^(auto|(\\d+\\.\\d+(\\.\\d+)?)?(\\.\\.(\\d+\\.\\d+(\\.\\d+)?)?)?)$' },
    ),
    'guplint.rules': {
      type: 'object',
      default: {},
      scope: 'resource',
      additionalProperties: false,
      properties,
      markdownDescription: 'The level of each rule; wins over guplint.json. Infos are shown as hints.',
    },
    'guplint.define': {
      type: 'object',
      default: {},
      scope: 'resource',
      additionalProperties: { type: ['string', 'number', 'boolean'] },
      markdownDescription:
        'Macros for `#if` and their values, as `-D` takes them; `true` is 1, `false`: the macro is not defined.',
    },
    'guplint.minConfidence': scalar('string', 'medium', 'Findings that are less certain are not shown.', {
      enum: ['low', 'medium', 'high'],
      enumDescriptions: [
        'Everything, guesses too',
        'What is proved, and what rests on an assumption that holds as a rule',
        'Only what is proved on a path through the code',
      ],
    }),
    'guplint.configFile': scalar(
      'string',
      '',
      'A configuration file to use for every file, in place of the nearest guplint.json.',
    ),
    'guplint.baseline': scalar(
      'boolean',
      true,
      'Whether findings that guplint-baseline.json of the folder accepts are left out.',
    ),
    'guplint.run': scalar('string', 'onType', 'When a file is checked again.', {
      enum: ['onType', 'onSave'],
      enumDescriptions: ['While you type', 'When it is saved'],
    }),
    'guplint.codeLens.enabled': scalar(
      'boolean',
      true,
      'Show case and lifetime above each call that takes user pages.',
    ),
    'guplint.inlayHints.cases': scalar(
      'boolean',
      false,
      'Show case and lifetime within the line, behind the name of a call that takes user pages.',
    ),
    'guplint.inlayHints.impliedFlags': scalar('boolean', false, 'Show the FOLL_ flags that a function adds by itself.'),
    'guplint.trace.server': {
      type: 'string',
      enum: ['off', 'messages', 'verbose'],
      default: 'off',
      scope: 'window',
      description: 'Which messages to and from the server are written to the output.',
    },
  };
}

const WALKTHROUGH = {
  id: 'start',
  title: 'User pages with guplint',
  description: 'Check how a driver takes and gives back the pages of a process.',
  steps: [
    {
      id: 'open',
      title: 'Open a driver',
      description: 'Open a C file that calls get_user_pages*() or pin_user_pages*(). Findings appear as you type.',
      media: { markdown: 'walkthrough/open.md' },
      completionEvents: ['onLanguage:c'],
    },
    {
      id: 'kernel',
      title: 'Say which kernels',
      description:
        'Inside a kernel tree the Makefile tells. For modules outside of it set the range they must build for.\n[Set the kernels](command:workbench.action.openSettings?%22guplint.kernel%22)',
      media: { markdown: 'walkthrough/kernel.md' },
      completionEvents: ['onSettingChanged:guplint.kernel'],
    },
    {
      id: 'sites',
      title: 'See every site',
      description: 'All places that take user pages, by documented case.\n[Show sites](command:guplint.showSites)',
      media: { markdown: 'walkthrough/sites.md' },
      completionEvents: ['onCommand:guplint.showSites'],
    },
    {
      id: 'workspace',
      title: 'Check the whole workspace',
      description:
        'Findings of all files go to the Problems panel.\n[Check the workspace](command:guplint.lintWorkspace)',
      media: { markdown: 'walkthrough/workspace.md' },
      completionEvents: ['onCommand:guplint.lintWorkspace'],
    },
  ],
};

const TITLE_MENU = ['sitesByCase', 'sitesByDirectory', 'refreshSites', 'lintWorkspace'].map((name, i) => ({
  command: `guplint.${name}`,
  when: 'view == guplint.sites',
  group: `navigation@${i + 1}`,
}));

const TASK = {
  type: 'guplint',
  properties: {
    paths: { type: 'array', items: { type: 'string' }, description: 'Files and directories; default: the folder.' },
    kernel: { type: 'string', description: 'The kernels to check for; default: those of `guplint.kernel`.' },
    args: { type: 'array', items: { type: 'string' }, description: 'Further arguments of guplint check.' },
  },
};

const MATCHER = {
  name: 'guplint',
  // As the server's own: what it says of a file that is opened takes the place of what the task said.
  owner: 'guplint',
  source: 'guplint',
  applyTo: 'closedDocuments',
  fileLocation: ['relative', `\${workspaceFolder}`],
  pattern: {
    // As in templates/problem-matcher.json.
    regexp: '^(?!\\s)(.+?):(\\d+):(\\d+): (error|warning|info): (.+) \\[([a-z][a-z0-9-]*)\\](?: \\(pre-existing\\))?$',
    file: 1,
    line: 2,
    column: 3,
    severity: 4,
    message: 5,
    code: 6,
  },
};

/** The manifest's text. */
export function manifest(root = ROOT): string {
  const { version, description, license } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
    description: string;
    license: string;
  };
  const value = {
    $comment: 'Generated by scripts/extension-manifest.ts (npm run generate); do not edit.',
    name: 'guplint',
    displayName: 'guplint: user pages in kernel code',
    publisher: 'guplint',
    version,
    description,
    license,
    icon: 'media/icon.png',
    categories: ['Linters', 'Programming Languages'],
    keywords: ['linux', 'kernel', 'get_user_pages', 'pin_user_pages', 'driver'],
    engines: { vscode: '^1.91.0' },
    main: './dist/extension.js',
    extensionKind: ['workspace'],
    activationEvents: ['onLanguage:c', 'onLanguage:cpp'],
    capabilities: {
      untrustedWorkspaces: {
        supported: 'limited',
        description:
          'No file of the workspace is executed. Until it is trusted, its own setting guplint.configFile is not taken.',
        restrictedConfigurations: ['guplint.configFile'],
      },
      virtualWorkspaces: { supported: false, description: 'Files are read from disk.' },
    },
    contributes: {
      commands: COMMANDS.map(([name, title, icon]) => ({
        command: `guplint.${name}`,
        title,
        category: 'guplint',
        ...(icon === undefined ? {} : { icon }),
      })),
      configuration: { title: 'guplint', properties: settings(root) },
      viewsContainers: { activitybar: [{ id: 'guplint', title: 'guplint', icon: 'media/view.svg' }] },
      views: { guplint: [{ id: 'guplint.sites', name: 'Sites', icon: 'media/view.svg' }] },
      menus: {
        'view/title': TITLE_MENU,
        commandPalette: ['sitesByCase', 'sitesByDirectory', 'menu'].map((name) => ({
          command: `guplint.${name}`,
          when: 'false',
        })),
      },
      taskDefinitions: [TASK],
      problemMatchers: [MATCHER],
      walkthroughs: [WALKTHROUGH],
    },
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (require.main === module) writeFileSync(path.join(ROOT, MANIFEST), manifest());
