import type { Channels } from './channel.ts';
import { TransportError } from './error.ts';
import type { Questions } from './questions.ts';
import { download } from './shell/download.ts';
import { parseHello } from './shell/identity.ts';
import { launch } from './shell/launch.ts';
import { sudoExec } from './shell/root.ts';
import { ask, type Exec, marked, notUnderstood } from './shell/run.ts';
import { helloScript } from './shell/scripts.ts';
import { upload } from './shell/upload.ts';
import type { Target } from './target.ts';
import type { Identity, RunAs, Transport } from './transport.ts';

/**
 * Everything of a Transport that is the same for all adapters: scripts, root, identity, files; on top of an
 * adapter's channels, which only run one constant command line (`shell/launch.sh`).
 */
export function shellTransport(channels: Channels, target: Target, questions: Questions): Transport {
  const { machine } = target;
  const known = new Map<RunAs, { readonly identity: Identity; readonly losses: number }>();

  const login: Exec = async (call, options) => {
    const { marker, text } = marked(call);
    const launched = await launch(channels, { payloads: [text], marker, options });
    if (launched.started) return launched.result;
    const { stdout, stderr } = launched.noise;
    throw notUnderstood(machine, [stdout, stderr].filter((part) => part !== '').join('\n'));
  };

  const remember = async (as: RunAs, ask: () => Promise<Identity>): Promise<Identity> => {
    // Counted before asking: a connection lost meanwhile makes the answer old.
    const losses = channels.losses();
    const cached = known.get(as);
    if (cached?.losses === losses) return cached.identity;
    const identity = await ask();
    known.set(as, { identity, losses });
    return identity;
  };

  const hello = async (exec: Exec, directory: string, signal: AbortSignal): Promise<Identity> => {
    const call = { script: helloScript, parameters: { DIRECTORY: directory }, as: 'login' } as const;
    return parseHello(machine, await ask(exec, call, { machine, signal }));
  };

  const loginIdentity = (signal: AbortSignal): Promise<Identity> =>
    remember('login', () => hello(login, target.directory ?? '', signal));

  const sudo = sudoExec({ channels, questions, login, whoami: loginIdentity });

  /** Runs as root: directly where that is who logged in. @throws TransportError `root-needed` */
  const rootExec = async (signal: AbortSignal): Promise<Exec> => {
    const { uid, user } = await loginIdentity(signal);
    if (uid === 0) return login;
    if (target.become === 'none') throw TransportError.of('root-needed', { machine, user });
    return sudo;
  };

  const execAs = (as: RunAs, signal: AbortSignal): Promise<Exec> =>
    as === 'login' ? Promise.resolve(login) : rootExec(signal);

  const identity = async (as: RunAs, signal: AbortSignal): Promise<Identity> => {
    const exec = await execAs(as, signal);
    if (exec === login) return loginIdentity(signal);
    // The inventory's directory is the login user's; root's files lie in it, apart.
    const directory = target.directory === undefined ? '' : `${target.directory}/root`;
    return remember('root', () => hello(exec, directory, signal));
  };

  return {
    machine,
    async exec(call, options) {
      const exec = await execAs(call.as, options.signal);
      return exec(call, options);
    },
    identity,
    async upload(request, options) {
      const { stateDirectory } = await identity(request.as, options.signal);
      const exec = await execAs(request.as, options.signal);
      return upload({ machine, exec, stateDirectory }, request, options);
    },
    async download(request, options) {
      const exec = await execAs(request.as, options.signal);
      return download({ machine, exec }, request, options);
    },
    close: () => channels.close(),
  };
}
