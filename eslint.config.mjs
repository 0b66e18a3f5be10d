import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Folders that a layer must not reach into; arrows point one way (docs/architecture.md). */
const forbid = (...layers) =>
  layers.map((layer) => ({
    group: [`**/${layer}/**`],
    message: `This layer must not import from ${layer}/.`,
  }));

const noVscode = { name: 'vscode', message: 'Only src/vscode may import vscode.' };
const zodMini = { name: 'zod', message: "Import 'zod/mini': the full build is six times larger." };
const noExeca = { name: 'execa', message: 'Processes are spawned only in src/remote and src/run.' };

const layer = (files, layers, paths = []) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { paths: [zodMini, noVscode, ...paths], patterns: forbid(...layers) }],
  },
});

const noInlineVscodeTypes = {
  selector: "TSImportType[source.value='vscode']",
  message: 'Only src/vscode may use vscode types.',
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.vscode-test/', '**/fixtures/**', '.kvm-parity/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.mjs', 'scripts/*.mjs', 'bench/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      'max-params': ['error', 3],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'No default exports.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels.' },
        { selector: 'TSEnumDeclaration', message: 'Use a string-literal union.' },
        noInlineVscodeTypes,
      ],
    },
  },
  layer(['src/core/**/*.ts'], ['remote', 'run', 'protocol', 'vscode', 'cli', 'webviews'], [noExeca]),
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'Buffer'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'core has no clock: pass the time in.' },
        { object: 'Math', property: 'random', message: 'core has no randomness: pass it in.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportDeclaration[source.value=/^node:/]', message: 'core does no I/O.' },
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'core has no clock.' },
        { selector: 'ExportDefaultDeclaration', message: 'No default exports.' },
        { selector: 'ExportAllDeclaration', message: 'No barrels.' },
        { selector: 'TSEnumDeclaration', message: 'Use a string-literal union.' },
        noInlineVscodeTypes,
      ],
    },
  },
  layer(['src/remote/**/*.ts'], ['run', 'protocol', 'vscode', 'cli', 'webviews']),
  layer(['src/run/**/*.ts'], ['protocol', 'vscode', 'cli', 'webviews']),
  layer(['src/protocol/**/*.ts'], ['remote', 'run', 'vscode', 'cli', 'webviews'], [noExeca]),
  layer(['src/cli/**/*.ts'], ['protocol', 'vscode', 'webviews'], [noExeca]),
  layer(['webviews/**/*.ts'], ['remote', 'run', 'vscode', 'cli'], [noExeca]),
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-params': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['vitest.config.mts', 'src/texts.d.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
);
