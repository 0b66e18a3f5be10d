// Files that the bundler and the test runner load as text.
declare module '*.sh' {
  const text: string;
  export default text;
}
declare module '*.java' {
  const text: string;
  export default text;
}
