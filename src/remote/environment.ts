/**
 * Our environment for programs that we start here (`ssh -G` with its `Match exec`, a ProxyCommand): without our own
 * variables, which may hold passwords.
 */
export function environmentForChildren(
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string | undefined> {
  return Object.fromEntries(
    // Names differ in case only on Windows, where case does not count.
    Object.entries(environment).filter(([name]) => !name.toUpperCase().startsWith('KVM_PARITY_')),
  );
}
