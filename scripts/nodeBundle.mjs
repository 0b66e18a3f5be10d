// How our code becomes one file for Node.js: for what is shipped, and for the benchmarks that measure it.

/** ssh2's optional native parts stay out: absent, its own JavaScript takes over. */
const noNativeParts = {
  name: 'no-native-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /(^cpu-features$)|(\.node$)/ }, ({ path }) => ({
      path,
      namespace: 'no-native-parts',
    }));
    onLoad({ filter: /.*/, namespace: 'no-native-parts' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`left out of the bundle: ${path}`)});`,
    }));
  },
};

/** Options of esbuild. */
export const nodeBundle = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  loader: { '.sh': 'text', '.java': 'text' },
  plugins: [noNativeParts],
  logLevel: 'warning',
};
