import type { TransportReason } from './error.ts';

/** English templates for why a machine could not be reached or used. `{machine}` is always there. */
export const transportMessages: Record<TransportReason, string> = {
  'ssh-config':
    'OpenSSH cannot say how {machine} ({host}) is reached: {detail}. `ssh -G {host}` should print its settings; install the OpenSSH client or correct the SSH configuration.',
  unreachable:
    '{machine} cannot be reached at {host} port {port}: {detail}. Check that it is up, that its name and port are right, and that no firewall is in between.',
  'jump-failed':
    '{machine} cannot be reached through {jump}: {detail}. Check that {jump} is up and forwards connections (AllowTcpForwarding of its sshd).',
  'host-key-unknown':
    'The {keyType} key of {machine} ({host}) is not known, and {because}: {fingerprint}. Compare it with the machine’s own (`ssh-keygen -lf /etc/ssh/ssh_host_…_key.pub`), then accept it or add it to {file}.',
  'host-key-changed':
    'The host key of {machine} ({host}) has changed. Known is {knownType} {knownFingerprint} ({file} line {line}); the machine shows {keyType} {fingerprint}. Someone may be listening in, or it was installed anew. Nothing was sent. If the new key is right, remove the line: ssh-keygen -f "{file}" -R "{host}"',
  'host-key-revoked':
    'The {keyType} key that {machine} ({host}) shows, {fingerprint}, is marked as revoked in {file} line {line}. Do not use this machine before its key was replaced.',
  'known-hosts-unreadable':
    'The known host keys in {file} cannot be read ({detail}), so {machine} cannot be told from an impostor. Make the file readable for you.',
  authentication:
    '{machine} ({host}) did not let {user} in. Tried: {tried}; the server accepts: {allowed}; {detail}. Check user and keys with `ssh -v`, load the key into the SSH agent, or give the right password.',
  'key-unusable':
    'No key for {user} on {machine} can be used: {files}. Repair the file or name another one with IdentityFile.',
  'not-supported':
    'The built-in SSH client cannot use what {machine} needs: {what}. Use a plain ed25519, ECDSA or RSA key and widespread algorithms for it, or allow them on the server.',
  'connection-lost':
    'The connection to {machine} was lost. Detached jobs on it go on; the next command connects again.',
  keepalive:
    '{machine} stopped answering for {seconds} s, so the connection was given up. Detached jobs on it go on if the machine lives; the next command connects again.',
  'channel-refused':
    '{machine} opens no further session: {detail}. Raise MaxSessions in its sshd_config, or end what else runs there.',
  'login-hangs':
    '{machine} let us in, but its login shell began no command within {seconds} s; it printed: {text}. Look in its start-up files (.bashrc and the like) for a command that waits, and for a home directory on a file server that does not answer.',
  'not-linux': '{machine} runs {system}. Only Linux machines can be measured.',
  'root-needed':
    'A step on {machine} needs root, but the inventory says `become: none`. Set `become: sudo`, or log in as root.',
  'sudo-missing': 'sudo is not installed on {machine}. Install it, or log in as root.',
  'sudo-refused':
    'The user who logs in to {machine} may not use sudo. Allow it in sudoers, or log in as another user or as root.',
  'sudo-password':
    'The sudo password for {machine} was wrong or not given. Run again with the right one, or allow the user NOPASSWD in sudoers.',
  'sudo-requires-tty':
    'sudo on {machine} insists on a terminal. Remove `requiretty` from its sudoers for this user, or log in as root.',
  'sudo-failed':
    'sudo on {machine} did not run the script. It said: {text}. Try `sudo -v` there, and repair what it complains about.',
  'state-directory':
    'The directory for our files on {machine}, {path}, cannot be used: {why}. It must belong to us, with mode 0700, on a file system that lets programs run (no noexec); move it away or set `directory` in the inventory.',
  'disk-full':
    'No space is left on the {where} while working with {machine}. Free some and resume; what was finished is kept.',
  checksum:
    'A file differs from what was sent between us and {machine}: {path}. Try again; if it repeats, check memory and disk of both machines.',
  'file-missing':
    'A file that is needed for {machine} is missing or cannot be read on the {where}: {path}. Put it there or correct its path.',
  'script-failed':
    'The helper script {script} failed on {machine}: {text}. This should not happen; the log has the details.',
  'output-too-long':
    'A command on {machine} printed more than {limitBytes} bytes where an answer of a few lines was expected. Check its start-up files and the commands under `record`.',
  'answer-not-understood':
    '{machine} answered in a way that is not understood: {text}. Check the start-up files of its login shell; they may replace the shell or its output.',
  'forbidden-on-local':
    'This is not done on {machine}, because it is the machine that everything runs from. Use a controller of its own.',
  cancelled: 'What was under way on {machine} was cancelled.',
};
